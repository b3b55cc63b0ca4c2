/*
 * A program that has PHP in it: runs one script by the embed library, as one request, and ends with the script's exit
 * status.   host PHP_INI SCRIPT QUERY_STRING
 */
#include <sapi/embed/php_embed.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	zend_file_handle file;
	int status;

	if (argc != 4) {
		fprintf(stderr, "usage: host PHP_INI SCRIPT QUERY_STRING\n");
		return 2;
	}
	php_embed_module.php_ini_path_override = argv[1];
	if (php_embed_init(argc, argv) == FAILURE) {
		return 2;
	}
	/* It has begun a request already, without a query. */
	php_request_shutdown(NULL);
	SG(request_info).query_string = argv[3];
	if (php_request_startup() != SUCCESS) {
		return 2;
	}
	SG(headers_sent) = 1;
	SG(request_info).no_headers = 1;
	zend_stream_init_filename(&file, argv[2]);
#if PHP_VERSION_ID >= 80100
	file.primary_script = 1;
#endif
	php_execute_script(&file);
	zend_destroy_file_handle(&file);
	status = EG(exit_status);
	php_embed_shutdown();
	return status;
}
