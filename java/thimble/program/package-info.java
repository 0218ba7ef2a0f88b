/** Functions traced once and run many times: {@link thimble.program.Program}. */
package thimble.program;
