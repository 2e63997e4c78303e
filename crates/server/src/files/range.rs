//! `Range: bytes=…` of one range (RFC 9110, section 14). Safari on iOS plays videos only by it.

/// What part of a content is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// From this byte up to and including that one.
    Part(u64, u64),
    /// A part that the content does not have.
    Nothing,
}

impl Wanted {
    /// What a header asks for. One that cannot be read, or asks for several parts, is as none.
    pub fn parse(header: Option<&str>, size: u64) -> Self {
        let range = header.and_then(|header| header.trim().strip_prefix("bytes="));
        let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Self::All };
        let number = |text: &str| text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse::<u64>());
        match (first.trim(), last.trim()) {
            ("", "") => Self::All,
            // The last bytes, however many there are.
            ("", count) => match number(count) {
                Some(Ok(0)) => Self::Nothing,
                Some(Ok(count)) if size > 0 => Self::Part(size.saturating_sub(count), size - 1),
                Some(Ok(_)) => Self::Nothing,
                Some(Err(_)) | None => Self::All,
            },
            (first, "") => match number(first) {
                Some(Ok(first)) if first < size => Self::Part(first, size - 1),
                Some(_) => Self::Nothing,
                None => Self::All,
            },
            (first, last) => match (number(first), number(last)) {
                (Some(Ok(first)), Some(Ok(last))) if last < first => Self::All,
                (Some(Ok(first)), Some(Ok(last))) if first < size => Self::Part(first, last.min(size - 1)),
                (Some(Ok(_)), Some(Ok(_))) => Self::Nothing,
                _ => Self::All,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read() {
        let check = |header: &str, size: u64, expected: Wanted| {
            assert_eq!(Wanted::parse(Some(header), size), expected, "{header} of {size}");
        };
        assert_eq!(Wanted::parse(None, 10), Wanted::All);
        check("bytes=0-1", 10, Wanted::Part(0, 1));
        check("bytes=0-0", 1, Wanted::Part(0, 0));
        check("bytes=3-", 10, Wanted::Part(3, 9));
        check("bytes=3-99", 10, Wanted::Part(3, 9));
        check("bytes=-4", 10, Wanted::Part(6, 9));
        check("bytes=-99", 10, Wanted::Part(0, 9));
        for header in ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999999-"] {
            check(header, 10, Wanted::Nothing);
        }
        for header in
            ["", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "bytes=+1-2", "lines=0-1"]
        {
            check(header, 10, Wanted::All);
        }
    }
}
