using System.Globalization;
using System.Text;

namespace Custodiet.Tests.Inputs.Fuzz;

/// <summary>Makes hostile bytes: a well-formed body, changed in a few places. The same random source gives the same bytes.</summary>
internal static class FuzzBytes
{
    /// <summary>Bytes of one case at most.</summary>
    public const int Max = 64 * 1024;

    private static readonly byte[][] tokens =
    [
        .. (
            (string[])
                [
                    "{",
                    "}",
                    "[",
                    "]",
                    ",",
                    ":",
                    "\"",
                    "\\",
                    "\n",
                    "\r\n",
                    "\0",
                    " ",
                    "\t",
                    "\uFEFF",
                    "null",
                    "true",
                    "0",
                    "-1",
                    "1e999",
                    "-0.0",
                    "9223372036854775808",
                    "18446744073709551616",
                    "\"\"",
                    "{}",
                    "[]",
                    "{}\n",
                    "\\u0000",
                    "\\ud800",
                    "\\udc00\\ud800",
                    "\\u00e9",
                    "\\n",
                    "\"\\ud800\":1,",
                    "\"\\ud800vent\":1,",
                    "\"e\\u0076ent\":",
                    "\"event\":",
                    "\"fields\":",
                    "\"time\":",
                    "\"data\":",
                    "\"data_base64\":\"\\ud800\",",
                    "\"datacontenttype\":\"application/json\",",
                    "{\"index\":{}}\n",
                    "{\"create\":{\"_id\":\"\\ud800\"}}\n",
                    "{\"delete\":{}}\n",
                    "{\"update\":{}}\n",
                    "{\"Records\":[{}]}",
                    "\"attributes\":[",
                    "\"value\":{\"arrayValue\":{\"values\":[",
                    "\"kvlistValue\":{\"values\":[",
                    "\"intValue\":\"x\"",
                    "1 x",
                    "999999999 ",
                    "9999999999 ",
                    "00",
                    "<13>1 - - - - - -",
                    "<999>",
                    "%00",
                    "%E2%82",
                ]
        ).Select(Encoding.UTF8.GetBytes),
        [0xFF],
        [0x80],
        [0xC3],
        [0xED, 0xA0, 0x80],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x0A, 0x00],
        [0x0A, 0x7F],
        [0x0B],
        [0x09, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];

    /// <summary>A case: one of the seeds with up to a dozen changes, or bytes without any order.</summary>
    public static byte[] Next(Random random, IReadOnlyList<byte[]> seeds)
    {
        List<byte> bytes = [.. random.Next(50) == 0 ? Noise(random, random.Next(200)) : Pick(random, seeds)];
        for (int change = random.Next(random.Next(4) == 0 ? 13 : 4); change > 0; change--)
        {
            Change(random, bytes, seeds);
        }
        return bytes.Count > Max ? [.. bytes.Take(Max)] : [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes, IReadOnlyList<byte[]> seeds)
    {
        int at = random.Next(bytes.Count + 1);
        int length = random.Next(Math.Min(bytes.Count - at, random.Next(10) == 0 ? bytes.Count : 16) + 1);
        switch (random.Next(11))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                byte[] other = Pick(random, seeds);
                int from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..(from + random.Next(other.Length - from + 1))]);
                break;
            case 6:
                // Nesting, long values, many events.
                byte[] again = Pick(random, random.Next(2) == 0 ? tokens : seeds);
                int times = random.Next(random.Next(8) == 0 ? 3_000 : 40);
                bytes.InsertRange(at, Enumerable.Repeat(again, times).SelectMany(b => b).Take(Max));
                break;
            case 7:
                bytes.InsertRange(at, Noise(random, random.Next(12)));
                break;
            case 8:
                Number(random, bytes, at);
                break;
            default:
                bytes.InsertRange(at, Pick(random, tokens));
                break;
        }
    }

    /// <summary>Puts another number where the next digits stand.</summary>
    private static void Number(Random random, List<byte> bytes, int at)
    {
        int first = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (first < 0)
        {
            return;
        }
        int end = bytes.FindIndex(first, b => b is not (>= (byte)'0' and <= (byte)'9'));
        bytes.RemoveRange(first, (end < 0 ? bytes.Count : end) - first);
        long number = random.Next(3) switch
        {
            0 => random.Next(100),
            1 => 1L << random.Next(63),
            _ => random.NextInt64(),
        };
        bytes.InsertRange(first, Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
    }

    private static byte[] Noise(Random random, int length)
    {
        byte[] noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] Pick(Random random, IReadOnlyList<byte[]> from) => from[random.Next(from.Count)];
}
