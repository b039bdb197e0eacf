using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Ledger.Envelopes;

/// <summary>What parsing an envelope gave: the envelope, or everything that is wrong with the bytes.</summary>
/// <param name="Envelope">The envelope, or null.</param>
/// <param name="Problems">What is wrong, as sentences; empty when the envelope is whole.</param>
public sealed record EnvelopeParse(Envelope? Envelope, IReadOnlyList<string> Problems);

/// <summary>
/// The small canonical JSON that the ledger holds for a record. Members, in this order and without white space:
/// <c>v</c> (1), <c>id</c>, <c>type</c>, <c>stream</c>, <c>actor</c>, <c>occurred_at</c>, <c>recorded_at</c> (RFC 3339, UTC,
/// six decimals), <c>supersedes</c> (an id or null), <c>body_digest</c> (SHA-256 over salt and body, lower-case hex).
/// Strings escape only <c>"</c>, <c>\</c> and control characters (<c>\u00xx</c>, lower case). The same record always gives
/// the same bytes, and other bytes are not an envelope.
/// </summary>
/// <param name="Id">The record's name.</param>
/// <param name="Type">Type and version of the body.</param>
/// <param name="Stream">What it happened to.</param>
/// <param name="Actor">Who, as a pseudonym.</param>
/// <param name="OccurredAt">When it happened, in whole microseconds.</param>
/// <param name="RecordedAt">When it was recorded, in whole microseconds.</param>
/// <param name="Supersedes">What it corrects.</param>
/// <param name="BodyDigest">SHA-256 over salt and body, lower-case hex.</param>
public sealed record Envelope(
    RecordId Id,
    string Type,
    string Stream,
    ActorId Actor,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    RecordId? Supersedes,
    string BodyDigest
)
{
    /// <summary>The version of the envelope's own shape.</summary>
    public const int Version = 1;

    /// <summary>The longest envelope, in bytes: an entry's length is a uint16 (C2SP tlog-tiles).</summary>
    public const int BytesMax = 65_535;

    /// <summary>The longest type, stream or actor, in UTF-8 bytes; even fully escaped they fit into an entry.</summary>
    public const int NameBytesMax = 1_024;

    /// <summary>Bytes of salt.</summary>
    public const int SaltBytes = 16;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>SHA-256 over salt and body, lower-case hex.</summary>
    public static string DigestOf(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[32];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(body);
        hash.GetHashAndReset(digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>The canonical bytes.</summary>
    /// <exception cref="ArgumentException">A name is empty, longer than <see cref="NameBytesMax"/> or no valid Unicode.</exception>
    public byte[] ToBytes()
    {
        CheckName(Type, nameof(Type));
        CheckName(Stream, nameof(Stream));
        CheckName(Actor.Value, nameof(Actor));
        StringBuilder text = new(512);
        text.Append("{\"v\":").Append(Version).Append(",\"id\":\"").Append(Id.ToString()).Append("\",\"type\":");
        AppendString(text, Type);
        text.Append(",\"stream\":");
        AppendString(text, Stream);
        text.Append(",\"actor\":");
        AppendString(text, Actor.Value);
        text.Append(",\"occurred_at\":\"").Append(Format(OccurredAt)).Append("\",\"recorded_at\":\"");
        text.Append(Format(RecordedAt)).Append("\",\"supersedes\":");
        if (Supersedes is { } superseded)
        {
            text.Append('"').Append(superseded.ToString()).Append('"');
        }
        else
        {
            text.Append("null");
        }
        text.Append(",\"body_digest\":\"").Append(BodyDigest).Append("\"}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Whether this salt and this body are the ones that were sealed.</summary>
    public bool Matches(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body) =>
        string.Equals(DigestOf(salt, body), BodyDigest, StringComparison.Ordinal);

    /// <summary>Reads an envelope; anything but the canonical bytes is refused. Never throws for hostile input.</summary>
    public static EnvelopeParse Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax)
        {
            return new EnvelopeParse(null, [$"The envelope has {bytes.Length} bytes; at most {BytesMax} are allowed."]);
        }
        Dictionary<string, string?> members = new(StringComparer.Ordinal);
        List<string> problems = [];
        try
        {
            ReadMembers(bytes, members, problems);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The reader reports broken UTF-8 inside a string as InvalidOperationException.
            problems.Add($"The envelope is not JSON: {error.Message}");
        }
        if (problems.Count > 0)
        {
            return new EnvelopeParse(null, problems);
        }
        Envelope? envelope = Build(members, problems);
        if (envelope is not null && !bytes.SequenceEqual(envelope.ToBytes()))
        {
            problems.Add("The envelope is not in canonical form: order of members, white space or escapes differ.");
        }
        return new EnvelopeParse(problems.Count == 0 ? envelope : null, problems);
    }

    internal static DateTimeOffset WholeMicroseconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    private static void ReadMembers(
        ReadOnlySpan<byte> bytes,
        Dictionary<string, string?> members,
        List<string> problems
    )
    {
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { MaxDepth = 2 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            problems.Add("The envelope is not a JSON object.");
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            string? value = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                JsonTokenType.Null => null,
                _ => "",
            };
            if (!members.TryAdd(name, value))
            {
                problems.Add($"Member '{name}' occurs twice.");
            }
        }
    }

    private static Envelope? Build(Dictionary<string, string?> members, List<string> problems)
    {
        if (Text(members, "v", problems) is { } version && version != "1")
        {
            problems.Add($"Envelope version '{version}' is not known; this version reads {Version}.");
        }
        Guid id = Uuid(members, "id", problems);
        string type = Name(members, "type", problems);
        string stream = Name(members, "stream", problems);
        string actor = Name(members, "actor", problems);
        DateTimeOffset occurred = Time(members, "occurred_at", problems);
        DateTimeOffset recorded = Time(members, "recorded_at", problems);
        bool superseding = members.TryGetValue("supersedes", out string? superseded) && superseded is not null;
        Guid supersedes = superseding ? Uuid(members, "supersedes", problems) : default;
        string digest = Text(members, "body_digest", problems) ?? "";
        if (digest.Length != 64 || digest.AsSpan().ContainsAnyExcept(HexDigits))
        {
            problems.Add("Member 'body_digest' is not 64 lower-case hex digits.");
        }
        return problems.Count > 0
            ? null
            : new Envelope(
                new RecordId(id),
                type,
                stream,
                new ActorId(actor),
                occurred,
                recorded,
                superseding ? new RecordId(supersedes) : null,
                digest
            );
    }

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private static string? Text(Dictionary<string, string?> members, string name, List<string> problems)
    {
        if (members.TryGetValue(name, out string? value) && value is not null)
        {
            return value;
        }
        problems.Add($"Member '{name}' is missing.");
        return null;
    }

    private static string Name(Dictionary<string, string?> members, string name, List<string> problems)
    {
        string text = Text(members, name, problems) ?? "";
        if (text.Length == 0 || Encoding.UTF8.GetByteCount(text) > NameBytesMax)
        {
            problems.Add($"Member '{name}' is empty or longer than {NameBytesMax} bytes.");
        }
        return text;
    }

    private static Guid Uuid(Dictionary<string, string?> members, string name, List<string> problems)
    {
        if (!Guid.TryParseExact(Text(members, name, problems), "D", out Guid id))
        {
            problems.Add($"Member '{name}' is no UUID.");
        }
        return id;
    }

    private static DateTimeOffset Time(Dictionary<string, string?> members, string name, List<string> problems)
    {
        if (
            !DateTimeOffset.TryParseExact(
                Text(members, name, problems),
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset time
            )
        )
        {
            problems.Add($"Member '{name}' is no time such as 2026-11-24T04:00:00.000000Z.");
        }
        return time;
    }

    private static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c < ' ')
            {
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(c);
            }
        }
        text.Append('"');
    }

    private static void CheckName(string? value, string name)
    {
        if (string.IsNullOrEmpty(value) || value.Length > NameBytesMax)
        {
            throw new ArgumentException($"{name} is empty or longer than {NameBytesMax} bytes.", name);
        }
        try
        {
            if (strict.GetByteCount(value) > NameBytesMax)
            {
                throw new ArgumentException($"{name} is longer than {NameBytesMax} bytes.", name);
            }
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"{name} is no valid Unicode.", name, error);
        }
    }

    private static readonly UTF8Encoding strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );
}
