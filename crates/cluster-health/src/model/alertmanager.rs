//! Alertmanagers: what sends alerts to people, as the Prometheus operator runs it.

super::conditioned::conditioned! {
    /// Says `Available` and `Reconciled`.
    Alertmanager
}
