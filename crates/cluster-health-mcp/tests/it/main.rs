//! The server from outside, in one binary: documents, HTTP, and the process itself.

mod docs;
