// Command load asks one peer of the benchmark as fast as it answers, on a number of connections, and prints what it saw.
//
// The loop is closed: a connection sends its next request when it has checked the answer to the last. It is a process of its
// own, so that what it takes is not counted as the peer's. Start reading at run.
package main
