//! Prometheuses: what collects metrics and raises alerts, as the Prometheus operator runs it.

super::conditioned::conditioned! {
    /// Says `Available` and `Reconciled`.
    Prometheus
}
