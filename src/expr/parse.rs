//! From text to CEL's syntax tree with places, within bounds.
//!
//! The `cel` crate parses. It recurses, so whatever could go deep is bounded here first, over its own tokens. Its
//! tree carries no places; they are asked for by a second parse that is made to fail (see [`Parsed::of`]).

use std::collections::BTreeMap;
use std::ops::Range;

use cel::IdedExpr;
use cel::parser::PrattParser;
use cel::parser::pratt_parser::{Lexer, Token, TokenKind};

use super::ExprMistake;

/// The longest assertion, in bytes.
const MAX_BYTES: usize = 1_000;
/// How deep brackets may stand in each other.
const MAX_BRACKETS: usize = 32;
/// How many operators, dots and brackets an assertion may have.
const MAX_OPERATORS: usize = 200;
/// How many `?` an assertion may have.
const MAX_CHOICES: usize = 16;

/// What the parser is shown instead of `has`, of the same length, because CEL's own `has()` takes neither a plain
/// name (`has(json)`) nor an index (`has(headers['retry-after'])`).
const HAS_SHOWN: &str = "Has";

/// A parsed text.
pub(super) struct Parsed<'s> {
    /// The tree.
    pub root: IdedExpr,
    source: &'s str,
    tokens: Vec<Token>,
    /// For each token that is a bracket, the index of its partner.
    mates: BTreeMap<usize, usize>,
    /// Where the token that gave a tree node its number begins and ends.
    offsets: BTreeMap<u64, Range<usize>>,
}

impl<'s> Parsed<'s> {
    /// Parses an assertion's text, or says the first thing that is wrong with its form.
    pub(super) fn of(source: &'s str) -> Result<Self, ExprMistake> {
        let tokens = tokens(source)?;
        let mates = bounds(source, &tokens)?;
        let shown = shown(source, &tokens);
        let parser = || PrattParser::new().enable_variadic_operator_asts(true);
        let root = parser().parse(&shown).map_err(|errors| syntax(source, &tokens, &errors.errors))?;
        // Only an error carries the places of all nodes. A bracket too many, on a line of its own, is found when
        // all else has been read, so the nodes have the same numbers as above.
        let offsets = match parser().parse(&format!("{shown}\n)")) {
            Ok(_) => BTreeMap::new(),
            Err(errors) => places(&errors.errors),
        };
        Ok(Self { root, source, tokens, mates, offsets })
    }

    /// The text of a range.
    pub(super) fn text(&self, at: &Range<usize>) -> &'s str {
        self.source.get(at.clone()).unwrap_or(self.source)
    }

    /// The token that gave a node its number: an operator's sign, a name, a bracket.
    pub(super) fn token(&self, id: u64) -> Range<usize> {
        self.offsets.get(&id).cloned().unwrap_or(0..self.source.len())
    }

    /// The token `steps` after (or before) the one that begins at a byte.
    pub(super) fn neighbour(&self, at: usize, steps: isize) -> Range<usize> {
        let here = self.tokens.partition_point(|token| token.start < at);
        match here.checked_add_signed(steps).and_then(|i| self.tokens.get(i)) {
            Some(token) => token.start..token.end,
            None => at..at,
        }
    }

    /// Whether the token at a byte is a bracket that opens; then where its partner ends.
    pub(super) fn closing(&self, at: usize) -> Option<usize> {
        let here = self.tokens.partition_point(|token| token.start < at);
        self.mates.get(&here).map(|mate| self.tokens[*mate].end)
    }

    /// Widens a range until every bracket in it has its partner in it.
    pub(super) fn whole(&self, mut at: Range<usize>) -> Range<usize> {
        loop {
            let before = at.clone();
            for (here, mate) in &self.mates {
                let (here, mate) = (self.tokens[*here], self.tokens[*mate]);
                if before.start <= here.start && here.end <= before.end {
                    at = at.start.min(mate.start)..at.end.max(mate.end);
                }
            }
            if at == before {
                return at;
            }
        }
    }
}

fn mistake(at: Range<usize>, text: impl Into<String>, help: Option<&str>) -> ExprMistake {
    ExprMistake { start: at.start, end: at.end, text: text.into(), help: help.map(str::to_owned) }
}

/// Splits the text, without blanks and comments.
fn tokens(source: &str) -> Result<Vec<Token>, ExprMistake> {
    if source.len() > MAX_BYTES {
        let text = format!("an assertion has at most {MAX_BYTES} bytes, this one has {}", source.len());
        return Err(mistake(0..source.len(), text, Some("split it into several assertions")));
    }
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.lex();
        match token.kind {
            TokenKind::TokEnd => break,
            TokenKind::TokWhitespace | TokenKind::TokComment => {}
            TokenKind::TokError => {
                let why = lexer.get_error().map_or("unexpected character", |error| error.message.as_str());
                return Err(unreadable(source, &token, why));
            }
            _ => tokens.push(token),
        }
    }
    if tokens.is_empty() {
        return Err(mistake(0..source.len(), "the assertion is empty", Some("write one, such as `status == 200`")));
    }
    Ok(tokens)
}

/// A piece that is no token of CEL.
fn unreadable(source: &str, token: &Token, why: &str) -> ExprMistake {
    // The lexer counts bytes and may stop inside a character.
    let mut end = token.end.max(token.start + 1).min(source.len());
    while !source.is_char_boundary(end) {
        end += 1;
    }
    let at = token.start..end;
    let piece = source.get(at.clone()).unwrap_or_default();
    match why {
        "unexpected character" => mistake(at, format!("`{piece}` means nothing in an assertion"), None),
        _ if why.starts_with("unterminated") => {
            mistake(at, "this text has no end", Some("close it with the quote that it begins with"))
        }
        _ if piece == "&" => mistake(at, "`&` means nothing in an assertion", Some("write `&&` for and")),
        _ if piece == "|" => mistake(at, "`|` means nothing in an assertion", Some("write `||` for or")),
        _ => mistake(at, format!("`{piece}` is not a number"), None),
    }
}

/// Refuses what could go deep, and what the parser would read as something else. Gives the partner of each bracket.
fn bounds(source: &str, tokens: &[Token]) -> Result<BTreeMap<usize, usize>, ExprMistake> {
    let (mut open, mut mates) = (Vec::new(), BTreeMap::new());
    let (mut operators, mut choices) = (0, 0);
    for (here, token) in tokens.iter().enumerate() {
        let at = token.start..token.end;
        let previous = here.checked_sub(1).map(|i| tokens[i].kind);
        operators += usize::from(!is_operand(token.kind) && token.kind != TokenKind::TokComma);
        choices += usize::from(token.kind == TokenKind::TokQuestion);
        match token.kind {
            TokenKind::TokLeftParen | TokenKind::TokLeftBracket | TokenKind::TokLeftBrace => open.push(here),
            TokenKind::TokRightParen | TokenKind::TokRightBracket | TokenKind::TokRightBrace => {
                if let Some(mate) = open.pop() {
                    mates.insert(mate, here);
                    mates.insert(here, mate);
                }
            }
            TokenKind::TokInt | TokenKind::TokUint | TokenKind::TokFloat => {
                let digits = source[at.clone()].as_bytes();
                if digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() {
                    let text = format!("`{}` begins with a zero: is it eight-based or ten-based?", &source[at.clone()]);
                    return Err(mistake(at, text, Some("write it without the zero, or in quotes if it is a text")));
                }
            }
            // The parser drops a doubled sign, and with it the check of what it stands before.
            kind @ (TokenKind::TokExclamation | TokenKind::TokMinus) if previous == Some(kind) => {
                let first_is_sign = here < 2 || !ends_operand(tokens[here - 2].kind);
                if kind == TokenKind::TokExclamation || first_is_sign {
                    let both = tokens[here - 1].start..token.end;
                    return Err(mistake(both, "a doubled sign undoes itself", Some("leave both out")));
                }
            }
            _ => {}
        }
        if open.len() > MAX_BRACKETS || operators > MAX_OPERATORS || choices > MAX_CHOICES {
            let text = format!(
                "too much for one assertion: at most {MAX_OPERATORS} signs, {MAX_CHOICES} `?` and brackets \
                 {MAX_BRACKETS} deep"
            );
            return Err(mistake(token.start..token.end, text, Some("split it into several assertions")));
        }
    }
    Ok(mates)
}

fn is_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::TokIdent
            | T::TokInt
            | T::TokUint
            | T::TokFloat
            | T::TokString
            | T::TokBytes
            | T::TokTrue
            | T::TokFalse
            | T::TokNull
    )
}

fn ends_operand(kind: TokenKind) -> bool {
    is_operand(kind) || matches!(kind, TokenKind::TokRightParen | TokenKind::TokRightBracket | TokenKind::TokRightBrace)
}

/// The text as the parser sees it: as long as the real one, with the function `has` under another name.
fn shown(source: &str, tokens: &[Token]) -> String {
    let mut shown = source.to_owned();
    for (here, token) in tokens.iter().enumerate() {
        let at = token.start..token.end;
        let called = tokens.get(here + 1).is_some_and(|next| next.kind == TokenKind::TokLeftParen);
        let method = here > 0 && tokens[here - 1].kind == TokenKind::TokDot;
        if called && !method && &source[at.clone()] == "has" {
            shown.replace_range(at, HAS_SHOWN);
        }
    }
    shown
}

fn places(errors: &[cel::ParseError]) -> BTreeMap<u64, Range<usize>> {
    let Some(info) = errors.iter().find_map(|error| error.source_info.as_ref()) else { return BTreeMap::new() };
    (1..).map_while(|id| info.offset_for(id).map(|(start, end)| (id, start as usize..end as usize))).collect()
}

/// The first syntax error in our words; what follows it is mostly its echo.
fn syntax(source: &str, tokens: &[Token], errors: &[cel::ParseError]) -> ExprMistake {
    let end = source.trim_end().len();
    let Some(error) = errors.iter().find(|error| error.pos.0 > 0) else {
        return mistake(0..end, "this cannot be read as an assertion", None);
    };
    let place = error.source_info.as_ref().and_then(|info| info.offset_for(error.expr_id));
    let at = match place {
        Some((start, stop)) if error.expr_id != 0 => start as usize..(stop as usize).min(source.len()),
        _ => {
            // An error from a macro has only a line and a column, in bytes.
            let line = (error.pos.0 - 1).unsigned_abs();
            let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
            let start = (before + (error.pos.1 - 1).unsigned_abs()).min(end);
            tokens.iter().find(|token| token.start >= start).map_or(start..end, |token| token.start..token.end)
        }
    };
    let piece = source.get(at.clone()).unwrap_or_default();
    let help = hint(piece);
    if at.start >= end {
        return mistake(end..end, "the assertion ends too early", help.or(Some("something is still missing here")));
    }
    let msg = error.msg.as_str();
    if msg.contains("expecting <EOF>") {
        // `not ok`, `a is b`: the word before was taken for a field.
        let before = tokens.iter().rev().find(|token| token.end <= at.start);
        let help = help.or_else(|| before.and_then(|token| hint(&source[token.start..token.end])));
        return mistake(at.start..end, format!("nothing may follow here, but `{piece}` does"), help);
    }
    let expected = match msg {
        _ if msg.contains("expected ')'") || msg.ends_with("expecting ')'") => "`)` or an operator",
        _ if msg.contains("expected ']'") => "`,`, `]` or an operator",
        _ if msg.contains("expected ':' in conditional") => "`:` and the other value of `? :`",
        "expected identifier after '.'" => "a name",
        "argument must be a simple name" => return mistake(at, "a name for the element is expected here", None),
        _ if msg.starts_with("invalid int") || msg.starts_with("invalid uint") => {
            return mistake(at, format!("`{piece}` does not fit into 64 bits"), None);
        }
        "invalid double literal" => return mistake(at, format!("`{piece}` is too large a number"), None),
        _ if msg.contains("unescape") || msg.contains("code point") => {
            let help = r"write `\\` for a backslash, or r'…' for a text without escapes";
            return mistake(at, "a `\\` in this text is followed by something unknown", Some(help));
        }
        _ if msg.starts_with("reserved") => {
            return mistake(at, format!("`{piece}` is a word that CEL keeps for itself"), None);
        }
        _ => "a value",
    };
    let said = if piece.starts_with('`') { "this".to_owned() } else { format!("`{piece}`") };
    mistake(at, format!("{expected} is expected here, not {said}"), help)
}

/// What was probably meant by a piece that does not belong where it stands.
fn hint(piece: &str) -> Option<&'static str> {
    match piece.to_ascii_lowercase().as_str() {
        "=" | "is" => Some("write `==` to compare"),
        "and" => Some("write `&&` for and"),
        "or" => Some("write `||` for or"),
        "not" => Some("write `!` for not"),
        "in" => Some("a key with this name is written in brackets: `json['in']`"),
        _ if piece.starts_with('`') => Some("write a name without quotes, a text in single quotes"),
        _ => None,
    }
}

/// Whether the parser's name of a function is our stand-in for `has`.
pub(super) fn is_has(name: &str, written: &str) -> bool {
    name == HAS_SHOWN && written == "has"
}
