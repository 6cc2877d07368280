//! ValidatingWebhookConfigurations: who is asked before the API takes a change.

super::webhook::configuration! {
    /// Webhooks that may refuse.
    ValidatingWebhookConfiguration
}
