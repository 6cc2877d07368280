//! ServiceAccounts: that they exist. What they may do and their tokens are not read.

super::named::named! {
    /// As whom a pod acts, by name.
    ServiceAccount
}
