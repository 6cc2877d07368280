//! HyperConvergeds: OpenShift Virtualization as its operator runs it.

super::conditioned::conditioned! {
    /// Says `Available` and `Degraded`.
    HyperConverged
}
