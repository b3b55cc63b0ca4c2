// A host in Go that runs PHP requests in threads, with the embed library of a thread-safe PHP, as FrankenPHP does:
//
//	host PHP_INI FOLDER HAMMERS
//
// HAMMERS threads run FOLDER/go-hammer.php repeatedly. Two threads serve requests from stdin, a line each: "NUMBER
// SCRIPT QUERY_STRING". The answer is a line "NUMBER OUTPUT". Other goroutines keep Go's garbage collector busy, and
// recover from nil dereferences. At the end of stdin all end, and a last line says how often each happened.
package main

// #include <stdlib.h>
// #include "host.h"
import "C"

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

const servers = 2
const answerSize = 65536

var folder string
var over, hammered, panics, counted int64
var nothing *struct{ value int }
var kept []byte

// Starts PHP in a thread of its own, which is not the process's main thread. Returns a function that ends it.
func startPHP(ini string) func() {
	started, over, ended := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		runtime.LockOSThread()
		if C.host_start(C.CString(ini)) != 0 {
			os.Exit(1)
		}
		started <- true
		<-over
		C.host_stop()
		ended <- true
	}()
	<-started
	return func() {
		over <- true
		<-ended
	}
}

// Dereferences nil: the runtime makes a panic of the SIGSEGV.
func recoverFromNil() (recovered bool) {
	defer func() {
		recovered = recover() != nil
	}()
	nothing.value++
	return
}

//export goCall
func goCall(what *C.char) C.long {
	switch C.GoString(what) {
	case "recover": // from a nil dereference in a function that PHP has called
		if recoverFromNil() {
			return C.long(atomic.AddInt64(&panics, 1))
		}
	case "panic":
		nothing.value++
	case "work":
		kept = make([]byte, 1<<20)
		runtime.Gosched()
		return C.long(len(kept))
	case "counted": // by a goroutine that runs no PHP
		return C.long(atomic.LoadInt64(&counted))
	case "hammered":
		return C.long(atomic.LoadInt64(&hammered))
	}
	return 0
}

type request struct{ number, script, query string }

func run(script, query string, answer *C.char) string {
	path := C.CString(folder + "/" + script)
	text := C.CString(query)
	length := C.host_run(path, text, answer, answerSize)
	C.free(unsafe.Pointer(path))
	C.free(unsafe.Pointer(text))
	return C.GoStringN(answer, C.int(length))
}

// A goroutine with a thread of its own that runs requests.
func inThread(done *sync.WaitGroup, work func(answer *C.char)) {
	runtime.LockOSThread()
	C.host_begin_thread()
	answer := (*C.char)(C.malloc(answerSize))
	work(answer)
	C.free(unsafe.Pointer(answer))
	C.host_end_thread()
	done.Done()
}

func hammer(answer *C.char) {
	for atomic.LoadInt64(&over) == 0 {
		text := run("go-hammer.php", "", answer)
		if !strings.HasPrefix(text, "a:1:{s:6:\"rounds\"") {
			fmt.Fprintf(os.Stderr, "go-hammer.php answers: %s\n", text)
			os.Exit(1)
		}
		atomic.AddInt64(&hammered, 1)
	}
}

// Garbage, and panics in a thread that runs no PHP.
func keepBusy(done *sync.WaitGroup) {
	for atomic.LoadInt64(&over) == 0 {
		garbage := make([][]byte, 0)
		for i := 0; i < 100; i++ {
			garbage = append(garbage, make([]byte, 10000+i))
		}
		if !recoverFromNil() || len(garbage) != 100 {
			os.Exit(1)
		}
		atomic.AddInt64(&panics, 1)
		atomic.AddInt64(&counted, 1)
		runtime.GC()
	}
	done.Done()
}

func main() {
	hammers := 0
	if len(os.Args) == 4 {
		hammers, _ = strconv.Atoi(os.Args[3])
	}
	if hammers < 1 {
		fmt.Fprintln(os.Stderr, "usage: host PHP_INI FOLDER HAMMERS")
		os.Exit(2)
	}
	folder = os.Args[2]
	endPHP := startPHP(os.Args[1])
	var others, serving sync.WaitGroup
	var output sync.Mutex
	requests := make(chan request)
	for i := 0; i < hammers; i++ {
		others.Add(1)
		go inThread(&others, hammer)
	}
	others.Add(1)
	go keepBusy(&others)
	for i := 0; i < servers; i++ {
		serving.Add(1)
		go inThread(&serving, func(answer *C.char) {
			for asked := range requests {
				text := run(asked.script, asked.query, answer)
				output.Lock()
				fmt.Printf("%s %s\n", asked.number, text)
				output.Unlock()
			}
		})
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		part := strings.SplitN(input.Text(), " ", 3)
		requests <- request{part[0], part[1], part[2]}
	}
	close(requests)
	serving.Wait()
	atomic.StoreInt64(&over, 1)
	others.Wait()
	fmt.Printf("hammered %d, panics %d\n", hammered, panics)
	endPHP()
}
