//! PriorityClasses: that they exist.

super::named::named! {
    /// How much a pod matters against others, by name.
    PriorityClass
}
