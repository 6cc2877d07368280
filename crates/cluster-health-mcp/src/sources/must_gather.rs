//! A cluster's state as `oc adm must-gather` and `oc adm inspect` leave it in files. Knows their layout and their
//! text; reads no file itself, [`super::archive`] does.

pub mod items;
pub mod layout;
pub mod roots;
pub mod timestamp;
