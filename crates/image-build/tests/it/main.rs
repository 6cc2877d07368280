//! The tool as people run it, against a made-up Debian archive and a made-up registry on loopback.

// Functions that tests share are not tests to the lints
#![allow(clippy::unwrap_used, clippy::panic)]

mod archive;
mod build;
mod deb;
mod driver;
mod elf;
mod lock;
mod openpgp;
mod push;
mod registry;
mod server;
mod verify;
