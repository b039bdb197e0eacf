namespace Custodiet.Process.Conditions;

/// <summary>What a piece of a condition is.</summary>
internal enum TokenKind
{
    Name,
    Text,
    Number,
    Operator,
    Open,
    Close,
    ListOpen,
    ListClose,
    Comma,
    Unknown,
    End,
}

/// <summary>A piece of a condition and where it begins, counted from 0.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int At)
{
    public string InWords => Kind == TokenKind.End ? "the end" : $"«{Value}»";

    public bool Is(string word) => Kind == TokenKind.Name && Value == word;
}

/// <summary>Cuts a condition into pieces. Never throws: what it does not know is a token of its own kind.</summary>
internal static class Tokens
{
    public static List<Token> Of(string text)
    {
        List<Token> tokens = [];
        int at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            Token token = Next(text, at);
            tokens.Add(token);
            at = token.Kind == TokenKind.Text ? at + token.Value.Length + 2 : at + token.Value.Length;
        }
        tokens.Add(new Token(TokenKind.End, "", text.Length));
        return tokens;
    }

    private static Token Next(string text, int at)
    {
        char first = text[at];
        switch (first)
        {
            case '(':
                return new Token(TokenKind.Open, "(", at);
            case ')':
                return new Token(TokenKind.Close, ")", at);
            case '[':
                return new Token(TokenKind.ListOpen, "[", at);
            case ']':
                return new Token(TokenKind.ListClose, "]", at);
            case ',':
                return new Token(TokenKind.Comma, ",", at);
            case '\'':
                int end = text.IndexOf('\'', at + 1);
                return end < 0
                    ? new Token(TokenKind.Unknown, text[at..], at)
                    : new Token(TokenKind.Text, text[(at + 1)..end], at);
            case '=' or '!' or '<' or '>':
                return Operator(text, at);
        }
        if (char.IsAsciiDigit(first))
        {
            return new Token(TokenKind.Number, Run(text, at, c => char.IsAsciiDigit(c) || c == '.'), at);
        }
        return char.IsAsciiLetter(first)
            ? new Token(TokenKind.Name, Run(text, at, c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), at)
            : new Token(TokenKind.Unknown, first.ToString(), at);
    }

    private static Token Operator(string text, int at)
    {
        if (at + 1 < text.Length && text[at + 1] == '=')
        {
            return new Token(TokenKind.Operator, text.Substring(at, 2), at);
        }
        return text[at] is '<' or '>'
            ? new Token(TokenKind.Operator, text[at].ToString(), at)
            : new Token(TokenKind.Unknown, text[at].ToString(), at);
    }

    private static string Run(string text, int at, Func<char, bool> belongs)
    {
        int end = at;
        while (end < text.Length && belongs(text[end]))
        {
            end++;
        }
        return text[at..end];
    }
}
