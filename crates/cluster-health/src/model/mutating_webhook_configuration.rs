//! MutatingWebhookConfigurations: who is asked before the API takes a change, and may alter it.

super::webhook::configuration! {
    /// Webhooks that may alter or refuse.
    MutatingWebhookConfiguration
}
