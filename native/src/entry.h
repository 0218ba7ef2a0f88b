// What every entry point does first.
#pragma once

namespace th {

// Clears the upper halves of the vector registers, where the processor has any. The JVM clears
// arrays with them and calls without clearing up; each step from that state to SSE code and back
// then costs some 80 ns, more than a small op.
void enter() noexcept;

}  // namespace th
