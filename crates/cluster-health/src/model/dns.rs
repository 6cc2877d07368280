//! DNS: cluster DNS as its operator runs it.

super::conditioned::conditioned! {
    /// Says `Available` and `Degraded`.
    DNS
}
