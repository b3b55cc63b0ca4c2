/* The slots through which a loaded ELF object calls other objects. See rdump_slots.h. */
#include "rdump_slots.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
# define TYPE_OF_CALLS R_X86_64_JUMP_SLOT
# define TYPE_OF_ADDRESSES R_X86_64_GLOB_DAT
#elif defined(__aarch64__)
# define TYPE_OF_CALLS R_AARCH64_JUMP_SLOT
# define TYPE_OF_ADDRESSES R_AARCH64_GLOB_DAT
#else
/* A machine whose types are not known here: no slot is found. */
# define TYPE_OF_CALLS 0xffffffff
# define TYPE_OF_ADDRESSES 0xffffffff
#endif

/* ---- the object -------------------------------------------------------------------------------------------------- */

/* A loaded object, and of its dynamic section what leads to the slots. */
struct object {
	uintptr_t inside;       /* the address that it contains */
	uintptr_t load_address; /* what is added to the addresses in the file */
	const char *name;
	const Elf64_Phdr *header; /* the program headers */
	unsigned headers;
	const Elf64_Dyn *dynamic; /* NULL where there is none */
	uintptr_t relro_begin;    /* whole pages that are read-only after relocation */
	uintptr_t relro_end;
	uintptr_t symbols;
	uintptr_t strings;
	size_t strings_size;
	uintptr_t table[2]; /* relocations: of calls, and all others */
	size_t table_size[2];
	uintptr_t table_kind; /* of the first: DT_RELA or DT_REL */
};

/* Does one of the object's segments, with these permissions at least, contain all of this memory? */
static bool contains(const struct object *object, uintptr_t address, size_t size, Elf64_Word permissions)
{
	for (unsigned i = 0; i < object->headers; i++) {
		const Elf64_Phdr *segment = &object->header[i];
		uintptr_t begin = object->load_address + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && (segment->p_flags & permissions) == permissions && address >= begin
			&& address - begin <= segment->p_memsz && size <= segment->p_memsz - (address - begin)) {
			return true;
		}
	}
	return false;
}

/* For dl_iterate_phdr(): takes in the object and ends the search where it is the one that is looked for. */
static int take_object(struct dl_phdr_info *info, RDUMP_UNUSED size_t size, void *found)
{
	struct object *object = found;
	uintptr_t page_size = (uintptr_t) sysconf(_SC_PAGESIZE);

	object->load_address = info->dlpi_addr;
	object->header = info->dlpi_phdr;
	object->headers = info->dlpi_phnum;
	if (!contains(object, object->inside, 1, 0)) {
		return 0;
	}
	object->name = info->dlpi_name && *info->dlpi_name ? info->dlpi_name : "the program";
	for (unsigned i = 0; i < object->headers; i++) {
		const Elf64_Phdr *header = &object->header[i];
		uintptr_t begin = object->load_address + header->p_vaddr;

		if (header->p_type == PT_DYNAMIC) {
			object->dynamic = (const Elf64_Dyn *) begin;
		} else if (header->p_type == PT_GNU_RELRO) {
			/* As the dynamic linkers do it: both ends down to a page. */
			object->relro_begin = begin & -page_size;
			object->relro_end = (begin + header->p_memsz) & -page_size;
		}
	}
	return 1;
}

/* glibc has added the load address to the addresses in the dynamic section, musl has not. */
static uintptr_t absolute(const struct object *object, uintptr_t address)
{
	return contains(object, address, 1, 0) ? address : object->load_address + address;
}

static void read_dynamic(struct object *object)
{
	for (const Elf64_Dyn *entry = object->dynamic; entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
			case DT_SYMTAB:
				object->symbols = absolute(object, entry->d_un.d_ptr);
				break;
			case DT_STRTAB:
				object->strings = absolute(object, entry->d_un.d_ptr);
				break;
			case DT_STRSZ:
				object->strings_size = entry->d_un.d_val;
				break;
			case DT_JMPREL:
				object->table[0] = absolute(object, entry->d_un.d_ptr);
				break;
			case DT_PLTRELSZ:
				object->table_size[0] = entry->d_un.d_val;
				break;
			case DT_PLTREL:
				object->table_kind = entry->d_un.d_val;
				break;
			case DT_RELA:
				object->table[1] = absolute(object, entry->d_un.d_ptr);
				break;
			case DT_RELASZ:
				object->table_size[1] = entry->d_un.d_val;
				break;
		}
	}
}

static int open_object(struct object *object, const void *inside, struct rdump_error *error)
{
	memset(object, 0, sizeof(*object));
	object->inside = (uintptr_t) inside;
	if (!dl_iterate_phdr(take_object, object)) {
		return rdump_fail(error, "find the loaded object of", "an address", ENOENT);
	}
	if (!object->dynamic) {
		return rdump_fail(error, "find the dynamic section of", object->name, ENOEXEC);
	}
	read_dynamic(object);
	if (!contains(object, object->strings, object->strings_size, PF_R)
		|| (object->table_size[0] && object->table_kind != DT_RELA)
		|| (object->table_size[0] && !contains(object, object->table[0], object->table_size[0], PF_R))
		|| (object->table_size[1] && !contains(object, object->table[1], object->table_size[1], PF_R))) {
		return rdump_fail(error, "read the dynamic section of", object->name, EBADMSG);
	}
	return 0;
}

/* ---- find -------------------------------------------------------------------------------------------------------- */

/* The symbol of a relocation, or NULL where the tables do not have it. */
static const Elf64_Sym *symbol_of(const struct object *object, const Elf64_Rela *relocation, const char **name)
{
	const Elf64_Sym *symbol = (const Elf64_Sym *) object->symbols + ELF64_R_SYM(relocation->r_info);

	if (!contains(object, (uintptr_t) symbol, sizeof(*symbol), PF_R) || symbol->st_name >= object->strings_size) {
		return NULL;
	}
	*name = (const char *) object->strings + symbol->st_name;
	return symbol;
}

static int add_place(const struct object *object, struct rdump_slot *slot, uintptr_t address, struct rdump_error *error)
{
	uintptr_t *at = (uintptr_t *) address;

	if (address % sizeof(*at) || !contains(object, address, sizeof(*at), PF_R | PF_W)) {
		return rdump_fail(error, "read the relocations of", object->name, EBADMSG);
	}
	for (unsigned i = 0; i < slot->count; i++) {
		if (slot->place[i].address == at) {
			return 0; /* some linkers have the calls in both tables */
		}
	}
	if (slot->count == RDUMP_SLOT_PLACES) {
		return rdump_fail(error, "keep the slots of", slot->name, E2BIG);
	}
	slot->place[slot->count].address = at;
	slot->place[slot->count].content = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	slot->place[slot->count].read_only = address >= object->relro_begin && address < object->relro_end;
	slot->count++;
	return 0;
}

static int find_places(const struct object *object, struct rdump_slot *slot, size_t count, struct rdump_error *error)
{
	for (int table = 0; table < 2; table++) {
		const Elf64_Rela *relocation = (const Elf64_Rela *) object->table[table];
		size_t relocations = object->table_size[table] / sizeof(*relocation);

		for (; relocations > 0; relocations--, relocation++) {
			const char *name;
			const Elf64_Sym *symbol;
			Elf64_Word type = ELF64_R_TYPE(relocation->r_info);

			if ((type != TYPE_OF_CALLS && type != TYPE_OF_ADDRESSES) || !(symbol = symbol_of(object, relocation, &name))
				|| symbol->st_shndx != SHN_UNDEF) {
				continue;
			}
			for (size_t i = 0; i < count; i++) {
				if (!strcmp(slot[i].name, name)
					&& add_place(object, &slot[i], object->load_address + relocation->r_offset, error) < 0) {
					return -1;
				}
			}
		}
	}
	return 0;
}

/*
 * What the object would call. An address within the object is one in its procedure linkage table: the slot is filled in
 * at its first use, and there was none yet; or the program is not position-independent, and uses that address as the
 * function's. Then the dynamic linker is asked. In the second case its answer may lead back to the slot as well.
 */
static int find_function(const struct object *object, struct rdump_slot *slot, struct rdump_error *error)
{
	uintptr_t function = 0;

	for (unsigned i = 0; i < slot->count && !function; i++) {
		function = contains(object, slot->place[i].content, 1, 0) ? 0 : slot->place[i].content;
	}
	if (!function) {
		function = (uintptr_t) dlsym(RTLD_DEFAULT, slot->name);
	}
	if (!function || contains(object, function, 1, 0)) {
		function = (uintptr_t) dlsym(RTLD_NEXT, slot->name);
	}
	if (!function || contains(object, function, 1, 0)) {
		return rdump_fail(error, "find the function", slot->name, ENOSYS);
	}
	slot->theirs = (rdump_function) function;
	return 0;
}

int rdump_slots_find(const void *inside, struct rdump_slot *slot, size_t count, struct rdump_error *error)
{
	struct object object;

	for (size_t i = 0; i < count; i++) {
		slot[i].theirs = NULL;
		slot[i].count = 0;
	}
	if (open_object(&object, inside, error) < 0 || find_places(&object, slot, count, error) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (slot[i].count > 0 && find_function(&object, &slot[i], error) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- exchange ---------------------------------------------------------------------------------------------------- */

static int protect(const uintptr_t *address, int protection)
{
	uintptr_t page_size = (uintptr_t) sysconf(_SC_PAGESIZE);

	return mprotect((void *) ((uintptr_t) address & -page_size), page_size, protection);
}

/* Goes over the read-only pages; two slots may share one. Returns 0, or the errno of the first failure. */
static int protect_all(const struct rdump_slot *slot, size_t count, int protection)
{
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			if (slot[i].place[k].read_only && protect(slot[i].place[k].address, protection) < 0 && !err) {
				err = errno;
			}
		}
	}
	return err;
}

/* Makes the pages writable: all or none. */
static int unprotect_all(const struct rdump_slot *slot, size_t count, struct rdump_error *error)
{
	int err = protect_all(slot, count, PROT_READ | PROT_WRITE);

	if (err) {
		(void) protect_all(slot, count, PROT_READ);
		return rdump_fail(error, "make writable the page of the slot of", count > 0 ? slot[0].name : "", err);
	}
	return 0;
}

/* Puts back what still holds `ours`, where the page can be made writable. Returns how many slots were not put back. */
static unsigned put_back(const struct rdump_slot *slot, size_t count)
{
	unsigned left = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			uintptr_t expected = (uintptr_t) slot[i].ours;

			left += (slot[i].place[k].read_only && protect(slot[i].place[k].address, PROT_READ | PROT_WRITE) < 0)
				|| !__atomic_compare_exchange_n(slot[i].place[k].address, &expected, slot[i].place[k].content, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		}
	}
	return left;
}

int rdump_slots_exchange(const struct rdump_slot *slot, size_t count, struct rdump_error *error)
{
	int err;

	if (unprotect_all(slot, count, error) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			__atomic_store_n(slot[i].place[k].address, (uintptr_t) slot[i].ours, __ATOMIC_SEQ_CST);
		}
	}
	err = protect_all(slot, count, PROT_READ);
	if (err) {
		(void) put_back(slot, count);
		(void) protect_all(slot, count, PROT_READ);
		return rdump_fail(error, "make read-only again the page of the slot of", slot[0].name, err);
	}
	return 0;
}

bool rdump_slots_are_ours(const struct rdump_slot *slot, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			if (__atomic_load_n(slot[i].place[k].address, __ATOMIC_ACQUIRE) != (uintptr_t) slot[i].ours) {
				return false;
			}
		}
	}
	return true;
}

int rdump_slots_restore(const struct rdump_slot *slot, size_t count, struct rdump_error *error)
{
	unsigned left;
	int err;

	if (unprotect_all(slot, count, error) < 0) {
		return -1;
	}
	left = put_back(slot, count);
	err = protect_all(slot, count, PROT_READ);
	if (left > 0 || err) {
		return rdump_fail(error, "put back the slots of", slot[0].name, left > 0 ? EBUSY : err);
	}
	return 0;
}
