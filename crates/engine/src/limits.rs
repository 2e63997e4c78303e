//! Every number a user may meet, in one place.

use serde::Serialize;

/// The limits of the engine. Sizes are bytes unless the name says otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Limits {
    /// Steps one run may take.
    pub run_steps: u64,
    /// Steps between two commits; then the run yields.
    pub burst_steps: u32,
    /// Data operations in one write job.
    pub burst_operations: u32,
    /// Values a run keeps from one commit to the next: its variables, its answers, the elements of its loops.
    pub state_bytes: usize,
    /// One field of a subscriber, or one global variable.
    pub field_bytes: usize,
    /// Depth of nested values.
    pub value_depth: usize,
    /// Rows one *find rows* action may return.
    pub list_rows: u32,
    /// A trace shows at most this much of one value.
    pub trace_value_chars: usize,
    /// Text of one document.
    pub document_bytes: usize,
    /// Blocks in one document.
    pub blocks: usize,
    /// Actions in one block.
    pub block_actions: usize,
    /// Buttons under one message.
    pub buttons: usize,
    /// Files of one message.
    pub media: usize,
    /// A text field of a document, in characters.
    pub text_chars: usize,
    /// An HTTP answer a scenario may read.
    pub http_response_bytes: usize,
    /// Loops and sub-scenarios a run may be inside of at once.
    pub frames: usize,
    /// Elements one loop may go over.
    pub loop_items: usize,
    /// Questions *step back* can go back over.
    pub steps_back: usize,
    /// A button that is pressed again within this time, in milliseconds, was pressed once.
    pub double_press_ms: i64,
    /// Messages one question may collect.
    pub collected_messages: usize,
    /// Wrong answers to one question before it gives up, unless the question says otherwise.
    pub question_attempts: u32,
    /// Scenarios that may wake one another in a row without a person or a pause in between.
    pub hops: usize,
    /// Subscribers one action writes to or tells in its own commit. More of them are a broadcast, which is worked off
    /// bit by bit after the commit.
    pub recipients: usize,
    /// Subscribers one action may write to or tell at all.
    pub broadcast_recipients: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            run_steps: 10_000,
            burst_steps: 1_000,
            burst_operations: 100,
            state_bytes: 256 * 1024,
            field_bytes: 64 * 1024,
            value_depth: 64,
            list_rows: 1_000,
            trace_value_chars: 200,
            document_bytes: 4 * 1024 * 1024,
            blocks: 2_000,
            block_actions: 100,
            buttons: 100,
            media: 30,
            text_chars: 16_000,
            http_response_bytes: 1024 * 1024,
            frames: 64,
            loop_items: 1_000,
            steps_back: 50,
            double_press_ms: 1_500,
            collected_messages: 100,
            question_attempts: 100,
            hops: 16,
            recipients: 100,
            broadcast_recipients: 100_000,
        }
    }
}

/// The furthest moment a run may wait for, in days.
pub const WAIT_DAYS: i64 = 3_660;
/// Depth of parentheses, calls and quotes in an expression, and of tags in the text of a message.
pub const EXPRESSION_DEPTH: usize = 64;
/// Bytes of text that one template or one function may produce.
pub const RENDERED_BYTES: usize = 1024 * 1024;
/// Memory that one compiled regular expression may take, in bytes.
pub const PATTERN_BYTES: usize = 1024 * 1024;
/// Cells an array may have that a function makes.
pub const LIST_CELLS: usize = 10_000;
/// Characters a function may draw at random at once.
pub const RANDOM_CHARS: usize = 1_000;
/// Rows of a list that one question may look at when no index narrows them down.
pub const LIST_EXAMINED_ROWS: usize = 10_000;
/// Rows of a list among which one question may draw at random: only their numbers are looked at.
pub const LIST_DRAWN_ROWS: usize = 2_000_000;
/// Rows of a list that one change may look at when no index narrows them down: a change holds up others.
pub const LIST_CHANGE_EXAMINED_ROWS: usize = 2_000;
/// Rows of a list that one change may change.
pub const LIST_CHANGED_ROWS: usize = 500;
/// Text that one cell of a list may grow to by adding to it, in bytes.
pub const CELL_BYTES: usize = 64 * 1024;
/// What a scenario that begins for each element of an array may be given in all, in bytes.
pub const BROADCAST_BYTES: usize = BROADCAST_MB << 20;
/// The same in megabytes.
pub const BROADCAST_MB: usize = 8;
/// Different bots that the recipients of one broadcast may belong to.
pub const BROADCAST_BOTS: usize = 100;
/// Characters of one tag.
pub const TAG_CHARS: usize = 64;
/// Tags one action may give or take.
pub const TAGS_AT_ONCE: usize = 50;
/// A chain of signals is over when its last event is this old, in milliseconds: what goes round slowly harms nobody.
pub const CHAIN_OVER_AFTER_MS: i64 = 60_000;
/// Parameters of one call of the messenger's API, in bytes.
pub const CHANNEL_CALL_BYTES: usize = 64 * 1024;
/// How long a call of the messenger's API is tried, in milliseconds.
pub const CHANNEL_CALL_MS: i64 = 5 * 60_000;
/// How long a one-time address for a webhook may be valid, in days.
pub const ADDRESS_DAYS: i64 = 366;
/// Times one HTTP request may be made again.
pub const HTTP_RETRIES: u32 = 10;
/// The longest wait before an HTTP request is made again that nobody asked for, in milliseconds.
pub const HTTP_RETRY_WAIT_MS: i64 = 5 * 60_000;
/// The longest wait another service may ask for before an HTTP request is made again, in milliseconds.
pub const HTTP_RETRY_AFTER_MS: i64 = 60 * 60_000;
/// Files one HTTP request may carry, together, in bytes: what Telegram lets a bot fetch.
pub const HTTP_FILES_BYTES: usize = 20 * 1024 * 1024;
