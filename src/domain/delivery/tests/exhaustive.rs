//! Every reachable state with every event.
