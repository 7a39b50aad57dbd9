"""Whether anything can get out: the network of a plan, packet by packet, and the data that flows over it."""
