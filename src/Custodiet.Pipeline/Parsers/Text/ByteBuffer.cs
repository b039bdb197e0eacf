namespace Custodiet.Pipeline.Parsers;

/// <summary>Bytes that are put together piece by piece and used again. Belongs to one reader.</summary>
internal sealed class ByteBuffer
{
    private byte[] bytes = new byte[1024];

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>What it holds.</summary>
    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    /// <summary>Makes it empty.</summary>
    public void Clear() => Length = 0;

    /// <summary>Adds bytes at the end.</summary>
    public void Append(ReadOnlySpan<byte> more)
    {
        if (bytes.Length - Length < more.Length)
        {
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + more.Length));
        }
        more.CopyTo(bytes.AsSpan(Length));
        Length += more.Length;
    }
}
