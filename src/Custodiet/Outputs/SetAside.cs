using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Custodiet.Outputs;

/// <summary>
/// Items that a destination refuses, in a file of the route's folder: one JSON object each, with when, which and why. The file is bounded;
/// beyond it items are counted and not kept.
/// </summary>
internal sealed class SetAside(string folder, TimeProvider time)
{
    /// <summary>Bytes of the file at most. 64 MiB.</summary>
    public const long BytesMax = 64L << 20;

    private static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file.</summary>
    public string File { get; } = Path.Combine(folder, "set-aside.jsonl");

    /// <summary>Keeps items; durable on return.</summary>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public void Keep(IReadOnlyList<AsideItem> items)
    {
        ArrayBufferWriter<byte> lines = new();
        foreach (AsideItem item in items)
        {
            Write(item, lines);
        }
        using FileStream stream = new(
            File,
            new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                UnixCreateMode = OperatingSystem.IsWindows() ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        if (stream.Length + lines.WrittenCount <= BytesMax)
        {
            stream.Write(lines.WrittenSpan);
            stream.Flush(flushToDisk: true);
        }
    }

    private void Write(AsideItem item, ArrayBufferWriter<byte> target)
    {
        using (Utf8JsonWriter json = new(target, options))
        {
            json.WriteStartObject();
            json.WriteString("at"u8, time.GetUtcNow());
            json.WriteNumber("position"u8, item.Position);
            json.WriteString("reason"u8, item.Reason);
            if (Utf8.IsValid(item.Bytes.Span))
            {
                json.WriteString("item"u8, item.Bytes.Span);
            }
            else
            {
                json.WriteBase64String("item_base64"u8, item.Bytes.Span);
            }
            json.WriteEndObject();
        }
        target.Write("\n"u8);
    }
}
