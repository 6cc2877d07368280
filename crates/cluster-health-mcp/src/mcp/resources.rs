//! What a resource is: an address, and a document that is made when it is read.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::model::{Resource as Definition, ResourceTemplate as TemplateDefinition};

use super::error::ResourceError;

/// A document with an address of its own.
pub trait Resource<C>: 'static {
    const URI: &'static str;
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    const MIME_TYPE: &'static str = "application/json";

    fn read(context: &C) -> impl Future<Output = Result<String, ResourceError>> + Send;
}

/// Documents that share a pattern with one part that varies, such as `cluster://checks/{id}`.
pub trait ResourceTemplate<C>: 'static {
    const URI: &'static str;
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    const MIME_TYPE: &'static str = "application/json";

    fn read(context: &C, value: &str) -> impl Future<Output = Result<String, ResourceError>> + Send;

    /// Every value that the varying part may have; completion picks from it.
    fn values(context: &C) -> impl Future<Output = Vec<String>> + Send;
}

type Read<C> = for<'a> fn(&'a C) -> BoxFuture<'a, Result<String, ResourceError>>;
type ReadValue<C> = for<'a> fn(&'a C, &'a str) -> BoxFuture<'a, Result<String, ResourceError>>;

type Values<C> = for<'a> fn(&'a C) -> BoxFuture<'a, Vec<String>>;

pub(super) struct Registered<C> {
    pub(super) uri: &'static str,
    pub(super) mime_type: &'static str,
    pub(super) definition: Definition,
    pub(super) read: Read<C>,
}

pub(super) struct RegisteredTemplate<C> {
    pub(super) uri: &'static str,
    pub(super) mime_type: &'static str,
    pub(super) definition: TemplateDefinition,
    pub(super) read: ReadValue<C>,
    pub(super) values: Values<C>,
}

impl<C: Send + Sync + 'static> Registered<C> {
    pub(super) fn of<R: Resource<C>>() -> Self {
        let definition = Definition::new(R::URI, R::NAME)
            .with_title(R::TITLE)
            .with_description(R::DESCRIPTION)
            .with_mime_type(R::MIME_TYPE);
        Self { uri: R::URI, mime_type: R::MIME_TYPE, definition, read: |context| R::read(context).boxed() }
    }
}

impl<C: Send + Sync + 'static> RegisteredTemplate<C> {
    pub(super) fn of<R: ResourceTemplate<C>>() -> Self {
        let definition = TemplateDefinition::new(R::URI, R::NAME)
            .with_title(R::TITLE)
            .with_description(R::DESCRIPTION)
            .with_mime_type(R::MIME_TYPE);
        Self {
            uri: R::URI,
            mime_type: R::MIME_TYPE,
            definition,
            read: |context, value| R::read(context, value).boxed(),
            values: |context| R::values(context).boxed(),
        }
    }

    /// The varying part of an address that follows this pattern.
    pub(super) fn value_in<'a>(&self, uri: &'a str) -> Option<&'a str> {
        let (before, after) = (self.uri.split('{').next()?, self.uri.rsplit('}').next()?);
        let value = uri.strip_prefix(before)?.strip_suffix(after)?;
        (!value.is_empty() && !value.contains('/')).then_some(value)
    }

    /// The name of the varying part.
    pub(super) fn variable(&self) -> Option<&'static str> {
        self.uri.split_once('{')?.1.split_once('}').map(|(name, _)| name)
    }
}

/// Values that begin as typed come first, then those that contain it, each group in its own order.
pub(super) fn matching(values: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_ascii_lowercase();
    let (mut starting, mut containing) = (Vec::new(), Vec::new());
    for value in values {
        match value.to_ascii_lowercase().find(&typed) {
            Some(0) => starting.push(value),
            Some(_) => containing.push(value),
            None => {}
        }
    }
    starting.append(&mut containing);
    starting
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Checks;

    impl ResourceTemplate<()> for Checks {
        const URI: &'static str = "cluster://checks/{id}";
        const NAME: &'static str = "check";
        const TITLE: &'static str = "Check";
        const DESCRIPTION: &'static str = "What a check looks at";
        async fn read(_: &(), value: &str) -> Result<String, ResourceError> {
            Ok(value.to_owned())
        }
        async fn values(_: &()) -> Vec<String> {
            vec!["pod-stuck".to_owned()]
        }
    }

    #[test]
    fn pattern_finds_its_varying_part() {
        let template = RegisteredTemplate::of::<Checks>();
        assert_eq!(template.value_in("cluster://checks/pod-stuck"), Some("pod-stuck"));
        assert_eq!(template.variable(), Some("id"));
        for uri in ["cluster://checks/", "cluster://checks/a/b", "cluster://check/a", ""] {
            assert_eq!(template.value_in(uri), None, "{uri}");
        }
    }

    #[test]
    fn completion_prefers_beginnings() {
        let values = ["kube-system", "openshift-kube-apiserver", "default"].map(str::to_owned).to_vec();
        assert_eq!(matching(values.clone(), "Kube"), ["kube-system", "openshift-kube-apiserver"]);
        assert_eq!(matching(values, "").len(), 3);
    }
}
