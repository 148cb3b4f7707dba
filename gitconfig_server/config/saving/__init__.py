"""One change put on a label: a function of the head it is applied to."""
