//! NodeFeatureDiscovery: what labels nodes with the hardware they have.

super::conditioned::conditioned! {
    /// Says `Available` and `Degraded`.
    NodeFeatureDiscovery
}
