// What a thread does whose work nobody waits for. Any thread.
#pragma once

namespace ridge {

// From now on the calling thread gets a processor where no other wants it (on Linux; elsewhere, or
// where the system refuses, it goes on as before).
void stay_in_background();

}  // namespace ridge
