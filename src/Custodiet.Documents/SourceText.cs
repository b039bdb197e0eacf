using System.Security.Cryptography;
using System.Text;

namespace Custodiet.Documents;

/// <summary>A content file as it was read: whoever parses it needs its name for positions and its digest for references.</summary>
/// <param name="File">The name that problems carry.</param>
/// <param name="Text">The text.</param>
public sealed record SourceText(string File, string Text)
{
    /// <summary>SHA-256 of the text's UTF-8, lower-case hex.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
}
