//! What those who listen are told.

/// What a stream is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Everything, each time.
    Snapshots,
    /// What the live page needs: everything at first, then what has changed.
    #[cfg(feature = "page")]
    Frames,
}

impl Topic {
    pub(crate) const ALL: &[Self] = &[
        Self::Snapshots,
        #[cfg(feature = "page")]
        Self::Frames,
    ];
}
