//! The embedded demo cluster: `clusters/demo`, read as any other archive is.

use super::archive::{self, Limits};
use super::must_gather::{self, Loaded, MustGatherError};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/demo.tar.xz"));

pub fn load() -> Result<Loaded, MustGatherError> {
    must_gather::read(|collector| archive::walk_bytes("the demo cluster", PACKED, &Limits::default(), collector))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_demo_is_whole() {
        let loaded = super::load().unwrap();
        assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
        assert!(loaded.cluster.pods.len() > 150);
        assert_eq!(loaded.as_of.to_string(), "2026-11-18T03:12:00Z");
    }
}
