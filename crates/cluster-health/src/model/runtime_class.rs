//! RuntimeClasses: that they exist.

super::named::named! {
    /// What runs containers, by name.
    RuntimeClass
}
