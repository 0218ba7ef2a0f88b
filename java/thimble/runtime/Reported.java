package thimble.runtime;

import thimble.tensor.Buffer;
import thimble.tensor.Compiled;
import thimble.tensor.Plan;

/** Compiled code whose runs are reported to the flight recorder. */
record Reported(Compiled code) implements Compiled {
  @Override
  public Plan plan() {
    return code.plan();
  }

  @Override
  public Buffer[] run(Buffer... arguments) {
    Events.Step event = Events.begin(Events.Step::new);
    Buffer[] results = code.run(arguments);
    Events.end(event, plan());
    return results;
  }

  @Override
  public void trim() {
    code.trim();
  }
}
