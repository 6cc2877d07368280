//! OperatorConditions: what an installed operator says about its own upgrade.

super::conditioned::conditioned! {
    /// Says `Upgradeable`.
    OperatorCondition
}
