//! Spans of `tracing` in snapshots, beside what `#[profiled]` measures: a program that is instrumented already needs
//! no more than a layer.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//! use tracing_subscriber::util::SubscriberInitExt;
//!
//! mod cart {
//!     #[tracing::instrument]
//!     pub fn price(items: u64) -> u64 {
//!         items * 3
//!     }
//! }
//!
//! tracing_subscriber::registry().with(perf_export::SpanLayer::new()).init();
//! cart::price(14);
//! let snapshot = perf_runtime::snapshot();
//! assert_eq!(snapshot.function("cart::price").unwrap().calls(), 1);
//! assert!(snapshot.functions().iter().all(|function| function.calls() > 0));
//! ```
//!
//! **What is a function.** All spans of one target and one name are one, `target::name`: where `#[instrument]` is given
//! neither, that is the function's own path, but for the type of a method. At most 1,024 callsites become functions,
//! those that came first; spans of all others are counted in `tracing::(other)`. A function that has `#[profiled]` too
//! is there twice: one of the two is enough.
//!
//! **What is a call.** A span, from when it is made. It is what a measured future is, with entries for polls: its time
//! is that from the first entry to the close, or from the making, where it is never entered; the time it is entered is
//! its busy time ([`futures`](perf_core::FunctionStats::futures)), a sum over all threads, and entries are its polls.
//! That a future was given up cannot be told from its span, and where
//! [`Instrument`](https://docs.rs/tracing/latest/tracing/trait.Instrument.html) drops one in its span, that is an
//! entry too. Who is entered while another is open on the same thread is below it in the call tree, be they spans or
//! functions. Who is left while others on top of it are not takes them along: what comes then is not below those any
//! more. Neither CPU time nor allocations are asked of spans.
//!
//! **What fails.** A span in which an event of level `ERROR` is told, such as that of `#[instrument(err)]`, is an
//! error: the innermost around it, and once; and one that is left by a panic is a panic. In
//! [traces](perf_core::traces), where each entry is one, that is the entry in which it happened.
//!
//! **What it costs.** Calls are counted exactly and sampled within the budget, as all are. A span that is not timed
//! takes three look-ups in the registry, to enter, leave and close it, each with the lock that the registry has for a
//! span; nothing else is locked, and nothing is allocated. One that is timed, or has failed, takes an allocation, as
//! does all that a span is to remember; where call trees are wanted, that is all spans which have others below them.
//! What `tracing` itself takes for a span comes on top.
//!
//! Callsites that no layer wants cost nothing, so leave out what you do not want with a filter of the layer's own:
//! `SpanLayer::new().with_filter(LevelFilter::INFO)`, or a `Targets`. It should let events of level `ERROR` pass.

mod callsites;
mod trace_id;

use std::thread::panicking;

use perf_core::__export::{Ending, Manual};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan};

use trace_id::TraceId;

/// What the runtime itself tells of: it is no fault of whoever is at work meanwhile.
const OURS: &str = "perf_runtime";

/// A layer that counts and times spans; [`spans`](self) says how.
///
/// ```
/// use tracing_subscriber::Layer;
/// use tracing_subscriber::filter::{LevelFilter, Targets};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let layer = perf_export::SpanLayer::new().fails_at(LevelFilter::WARN).trace_ids();
/// let mine = Targets::new().with_target("shop", LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry().with(layer.with_filter(mine));
/// # drop(subscriber);
/// ```
#[derive(Clone, Debug)]
pub struct SpanLayer {
    max_level: LevelFilter,
    /// None stands for all.
    targets: Option<Box<[String]>>,
    fails_at: LevelFilter,
    traces: bool,
}

impl Default for SpanLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl SpanLayer {
    /// All spans, which fail where an event of level `ERROR` is told in them.
    #[must_use]
    pub fn new() -> Self {
        Self { max_level: LevelFilter::TRACE, targets: None, fails_at: LevelFilter::ERROR, traces: false }
    }

    /// Only spans of this level, or more important.
    ///
    /// Others still are made, because nobody knows who else wants them; a filter of the layer's own (`with_filter`)
    /// spares that.
    #[must_use]
    pub fn max_level(mut self, level: LevelFilter) -> Self {
        self.max_level = level;
        self
    }

    /// Only spans with one of these targets, or a target below one of them: `shop` stands for `shop::cart` too.
    ///
    /// Each new span's target is compared with each of them. What is said of others at [`max_level`](Self::max_level)
    /// holds here too.
    #[must_use]
    pub fn targets<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets = Some(targets.into_iter().map(Into::into).collect());
        self
    }

    /// An event of this level, or more important, makes the span around it fail: `ERROR` where nothing is said, `OFF`
    /// for none.
    #[must_use]
    pub fn fails_at(mut self, level: LevelFilter) -> Self {
        self.fails_at = level;
        self
    }

    /// Slow calls carry a trace's id: that of the field `trace_id` of the span they are in, or of one around it. It is
    /// a number, or up to 32 hexadecimal digits with or without dashes; what else it may be is no id.
    ///
    /// A span takes the id over from its parent when it is made, and so it costs all spans inside of one that has an
    /// id an allocation, and entries a look at the span around.
    ///
    /// It is [`set_trace_id`](perf_core::set_trace_id) that is set: where somebody has done so before, theirs is
    /// asked, and of `OpenTelemetry` it says how.
    #[must_use]
    pub fn trace_ids(mut self) -> Self {
        self.traces = trace_id::install();
        self
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.max_level
            && self.targets.as_ref().is_none_or(|all| all.iter().any(|target| is_below(metadata.target(), target)))
    }
}

/// Whether a target is another, or below it.
fn is_below(target: &str, above: &str) -> bool {
    target.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A span of which more is to be known than that it was.
struct Running(Manual);

/// What happened to a span; most have none.
#[derive(Default)]
struct Marks {
    has_failed: bool,
    has_panicked: bool,
    /// It was made while the thread was panicking already.
    is_of_panic: bool,
    /// Of what of that the entry in which it happened has been told.
    told: Option<Ending>,
}

impl Marks {
    fn of<'a>(extensions: &'a mut ExtensionsMut<'_>) -> Option<&'a mut Self> {
        if extensions.get_mut::<Self>().is_none() {
            extensions.insert(Self::default());
        }
        extensions.get_mut()
    }

    fn ending(&self) -> Option<Ending> {
        if self.has_panicked {
            return Some(Ending::Panic);
        }
        self.has_failed.then_some(Ending::Error)
    }

    /// What has happened since the entry before.
    fn untold(&self) -> Option<Ending> {
        self.ending().filter(|ending| self.told != Some(*ending))
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.traces {
            trace_id::begin(attributes, id, &context);
        }
        let metadata = attributes.metadata();
        if !self.wants(metadata) {
            return;
        }
        let call = Manual::begin(callsites::site(metadata));
        if call.is_none() && !panicking() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(call) = call {
            extensions.replace(Running(call));
        }
        if panicking()
            && let Some(marks) = Marks::of(&mut extensions)
        {
            marks.is_of_panic = true;
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if self.traces {
            trace_id::record(values, id, &context);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > self.fails_at || metadata.target() == OURS {
            return;
        }
        let around = context.event_scope(event).and_then(|mut scope| scope.find(|span| self.wants(span.metadata())));
        if let Some(span) = around
            && let Some(marks) = Marks::of(&mut span.extensions_mut())
        {
            marks.has_failed = true;
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if self.traces {
            trace_id::set(extensions.get_mut::<TraceId>().copied());
        }
        if let Some(running) = extensions.get_mut::<Running>() {
            running.0.enter();
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if self.traces {
            trace_id::set(trace_id::around(&context));
        }
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if panicking()
            && self.wants(span.metadata())
            && let Some(marks) = Marks::of(&mut extensions)
        {
            marks.has_panicked = !marks.is_of_panic;
        }
        let ending = extensions.get_mut::<Marks>().and_then(|marks| marks.untold());
        if let Some(running) = extensions.get_mut::<Running>()
            && running.0.exit(ending)
            && ending.is_some()
            && let Some(marks) = extensions.get_mut::<Marks>()
        {
            marks.told = ending;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let (running, marks, trace) = {
            let mut extensions = span.extensions_mut();
            (extensions.remove::<Running>(), extensions.remove::<Marks>(), extensions.remove::<TraceId>())
        };
        // From here on no lock is held: where the call is one of the slowest, others are asked where it was.
        let ending = marks.and_then(|marks| marks.ending());
        match (running, ending) {
            (Some(running), _) if self.traces => trace_id::during(trace, || running.0.end(ending)),
            (Some(running), _) => running.0.end(ending),
            (None, Some(ending)) => Manual::count(callsites::site(span.metadata()), ending),
            (None, None) => {}
        }
    }
}
