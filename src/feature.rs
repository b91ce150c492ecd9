//! What the server and the command line do alike.
