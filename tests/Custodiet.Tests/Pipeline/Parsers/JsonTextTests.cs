using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers;

public class JsonTextTests
{
    /// <summary>The framework's own reader is the oracle, for every string it does not throw for.</summary>
    [Fact]
    public void TextIsUnescapedAsTheFrameworkDoesIt()
    {
        Random random = new(4711);
        string[] pieces =
        [
            "\\\\",
            "\\\"",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u0041",
            "\\u00e4",
            "\\u20AC",
            "\\ud83d\\ude00",
            "ä",
            "€",
            "😀",
        ];
        for (int round = 0; round < 20_000; round++)
        {
            StringBuilder json = new("\"");
            int count = random.Next(0, 12);
            for (int i = 0; i < count; i++)
            {
                json.Append('x', random.Next(0, 40)).Append(pieces[random.Next(pieces.Length)]);
            }
            json.Append('y', random.Next(0, 20)).Append('"');
            byte[] bytes = Encoding.UTF8.GetBytes(json.ToString());
            Utf8JsonReader reader = new(bytes);
            Assert.True(reader.Read());
            byte[] target = new byte[reader.ValueSpan.Length];
            int length = JsonText.Unescape(reader.ValueSpan, target);
            Assert.Equal(reader.GetString(), Encoding.UTF8.GetString(target, 0, length));
        }
    }
}
