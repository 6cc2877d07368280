//! ImagePruners: what removes old images from the internal registry.

super::conditioned::conditioned! {
    /// Says `Failed` of the newest run, and `Degraded` of itself.
    ImagePruner
}
