//! What Debian's archive and packages look like: formats only, neither network nor files.

pub mod control;
pub mod openpgp;
pub mod package;
pub mod release;
pub mod version;
