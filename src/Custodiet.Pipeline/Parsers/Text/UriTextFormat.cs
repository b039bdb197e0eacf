using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>The parts of an address, each with the field it becomes; null for parts that are left out.</summary>
internal sealed record UriParts
{
    /// <summary><c>https</c>.</summary>
    public string? Scheme { get; init; }

    /// <summary><c>www.example.com</c>, without port and user.</summary>
    public string? Host { get; init; }

    /// <summary><c>8080</c>.</summary>
    public string? Port { get; init; }

    /// <summary>The path: <c>/a/b.exe</c>.</summary>
    public string? Stem { get; init; }

    /// <summary>What stands behind the question mark.</summary>
    public string? Query { get; init; }

    /// <summary>What stands behind the last dot of the path's last part, up to ten letters and digits: <c>exe</c>.</summary>
    public string? Extension { get; init; }
}

/// <summary>
/// Takes an address apart: an absolute one (<c>http://host:1/path?query</c>), a path, or what CONNECT names (<c>host:443</c>). Nothing is decoded.
/// </summary>
/// <remarks>RFC 3986, section 3; RFC 9112, section 3.2.</remarks>
internal sealed class UriTextFormat(UriParts parts) : TextFormat
{
    private const int ExtensionMax = 10;

    private readonly byte[]? scheme = Name(parts.Scheme);
    private readonly byte[]? host = Name(parts.Host);
    private readonly byte[]? port = Name(parts.Port);
    private readonly byte[]? stem = Name(parts.Stem);
    private readonly byte[]? query = Name(parts.Query);
    private readonly byte[]? extension = Name(parts.Extension);

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        int path = 0;
        int slashes = text.IndexOf("://"u8);
        if (slashes > 0 && !text[..slashes].ContainsAny("/?#"u8))
        {
            Add(scheme, origin, 0, slashes, sink);
            path = ReadAuthority(text, slashes + 3, origin, sink);
        }
        else if (!text.StartsWith("/"u8) && text.Contains((byte)':'))
        {
            path = ReadAuthority(text, 0, origin, sink);
        }
        int fragment = text[path..].IndexOf((byte)'#');
        int end = fragment < 0 ? text.Length : path + fragment;
        int mark = text[path..end].IndexOf((byte)'?');
        int stemEnd = mark < 0 ? end : path + mark;
        if (stemEnd > path)
        {
            Add(stem, origin, path, stemEnd, sink);
            AddExtension(text[path..stemEnd], origin + path, sink);
        }
        if (mark >= 0)
        {
            Add(query, origin, stemEnd + 1, end, sink);
        }
        return sink.IsFull ? Decoding.TooManyFields : Decoding.Read;
    }

    /// <summary>Adds host and port.</summary>
    /// <returns>Where the path begins.</returns>
    private int ReadAuthority(ReadOnlySpan<byte> text, int at, int origin, FieldSink sink)
    {
        int length = text[at..].IndexOfAny("/?#"u8);
        int end = length < 0 ? text.Length : at + length;
        int user = text[at..end].LastIndexOf((byte)'@');
        at += user + 1;
        int bracket = text[at..end].LastIndexOf((byte)']');
        int colon = text[(at + bracket + 1)..end].LastIndexOf((byte)':');
        int hostEnd = colon < 0 ? end : at + bracket + 1 + colon;
        Add(host, origin, at, hostEnd, sink);
        if (hostEnd + 1 < end)
        {
            Add(port, origin, hostEnd + 1, end, sink);
        }
        return end;
    }

    private void AddExtension(ReadOnlySpan<byte> path, int origin, FieldSink sink)
    {
        int dot = path.LastIndexOf((byte)'.');
        if (dot < 0)
        {
            return;
        }
        ReadOnlySpan<byte> rest = path[(dot + 1)..];
        if (rest.Length is 0 or > ExtensionMax)
        {
            return;
        }
        foreach (byte letter in rest)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter))
            {
                return;
            }
        }
        Add(extension, origin, dot + 1, path.Length, sink);
    }

    private static void Add(byte[]? name, int origin, int from, int to, FieldSink sink)
    {
        if (name is not null)
        {
            sink.Slice(name, origin + from, to - from);
        }
    }

    private static byte[]? Name(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
