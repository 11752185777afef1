//! Names that travel: cheap to clone, compared as text.

use std::fmt;
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Wraps a text that the caller has checked (at the config's door) or read back from the record.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $type {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}

name! {
    /// A component's id: `[a-z0-9][a-z0-9-]*`, at most 64 characters; it stands in addresses and file names.
    ComponentId
}
name! {
    /// A probe's key: `<component>/<name>`.
    ProbeKey
}
name! {
    /// A place that looks. Never `_desk`, never with `+` or `/`.
    Vantage
}
name! {
    /// An incident's id as the journal opened it: `YYYY-MM-DD-<component>`, with `-2`, `-3` for more on one day.
    IncidentId
}
name! {
    /// A chain's folder under `journal/`: `<vantage>`, `<vantage>+internal`, `_desk` or `_desk+internal`.
    ChainName
}
name! {
    /// A record's hash: 64 lower-case hex digits of SHA-256. It pins everything before it in its chain.
    Head
}

impl ProbeKey {
    /// Joins a component's id and a probe's name.
    pub fn of(component: &ComponentId, probe: &str) -> Self {
        Self::new(format!("{component}/{probe}"))
    }

    /// The component's part.
    pub fn component(&self) -> &str {
        self.as_str().split_once('/').map_or(self.as_str(), |(c, _)| c)
    }

    /// The probe's own name.
    pub fn name(&self) -> &str {
        self.as_str().split_once('/').map_or("", |(_, n)| n)
    }
}

impl ChainName {
    /// What a vantage saw; `internal` for what must not be published.
    pub fn of_vantage(vantage: &Vantage, internal: bool) -> Self {
        Self::new(format!("{vantage}{}", if internal { "+internal" } else { "" }))
    }

    /// What the desk declared.
    pub fn desk(internal: bool) -> Self {
        Self::new(if internal { "_desk+internal" } else { "_desk" })
    }

    /// Whether it may be published. No place's name holds a `+`, so whatever does is internal, or a copy of what is.
    pub fn is_public(&self) -> bool {
        !self.as_str().contains('+')
    }

    /// Whether it is one of the desk's.
    pub fn is_desk(&self) -> bool {
        self.as_str().split('+').next() == Some("_desk")
    }

    /// The place that wrote it; none for the desk.
    pub fn vantage(&self) -> Option<Vantage> {
        (!self.is_desk()).then(|| Vantage::from(self.as_str().split('+').next().unwrap_or_default()))
    }
}
