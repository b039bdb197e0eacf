namespace Custodiet.Analytics.Language;

/// <summary>One question about one field. It holds when any of the field's values answers it; a field of null means any string value of the event.</summary>
internal abstract record Test(string? Field);

/// <summary>The value's text has the pattern's form.</summary>
internal sealed record TextTest(string? Field, Pattern Pattern, bool Cased) : Test(Field);

/// <summary>The value is this number, or a text that is exactly its decimal form.</summary>
internal sealed record NumberTest(string Field, string Decimal) : Test(Field);

/// <summary>The field is absent or JSON null.</summary>
internal sealed record NullTest(string Name) : Test(Name);

/// <summary>The field is present, be it JSON null.</summary>
internal sealed record ExistsTest(string Name) : Test(Name);

/// <summary>The expression is found anywhere in the value.</summary>
internal sealed record RegexTest(string? Field, LinearRegex Regex) : Test(Field);

/// <summary>The value is an address of the network.</summary>
internal sealed record CidrTest(string? Field, CidrBlock Block) : Test(Field);

internal enum Comparison
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

internal enum TimePart
{
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// <summary>The value, or a part of the instant it denotes, compares so with the number.</summary>
internal sealed record CompareTest(string Name, TimePart? Part, Comparison Comparison, double Number) : Test(Name);

/// <summary>A value of the field compares so with a value of another field.</summary>
internal sealed record FieldReferenceTest(string Name, string Other, PatternShape Shape, bool Cased) : Test(Name);
