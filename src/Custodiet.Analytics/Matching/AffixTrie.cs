namespace Custodiet.Analytics.Matching;

/// <summary>Finds the patterns whose literal a value begins with, or ends with when it is built to read backwards.</summary>
internal sealed class AffixTrie
{
    private readonly bool backwards;
    private readonly List<Node> nodes = [];
    private readonly List<byte> labels = [];
    private readonly List<int> patterns = [];
    private readonly byte[] childBytes;
    private readonly int[] childNodes;
    private readonly Node[] frozen;
    private readonly byte[] text;
    private readonly int[] ending;

    /// <param name="literals">At least one, none empty.</param>
    /// <param name="backwards">Whether values are read from their end.</param>
    public AffixTrie(IReadOnlyList<PatternLiteral> literals, bool backwards)
    {
        this.backwards = backwards;
        LengthMax = literals.Max(l => l.Bytes.Length);
        (byte[] Bytes, int Pattern)[] sorted =
        [
            .. literals.Select(l => (backwards ? [.. l.Bytes.AsEnumerable().Reverse()] : l.Bytes, l.Pattern)),
        ];
        Array.Sort(sorted, static (a, b) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes));
        List<(byte Byte, int Node)> children = [];
        // Breadth first, so that the children of a node lie side by side and nesting needs no stack.
        Queue<(int Node, int Low, int High, int Depth)> open = new();
        nodes.Add(default);
        open.Enqueue((0, 0, sorted.Length, 0));
        while (open.TryDequeue(out (int Node, int Low, int High, int Depth) range))
        {
            nodes[range.Node] = Fill(sorted, range.Low, range.High, range.Depth, children, open);
        }
        childBytes = [.. children.Select(c => c.Byte)];
        childNodes = [.. children.Select(c => c.Node)];
        frozen = [.. nodes];
        text = [.. labels];
        ending = [.. patterns];
    }

    /// <summary>Bytes of the longest literal.</summary>
    public int LengthMax { get; }

    /// <summary>Raises every pattern whose literal the value begins or ends with.</summary>
    public void Scan(ReadOnlySpan<byte> value, PatternTable table, MatchState state)
    {
        int depth = 0;
        int index = 0;
        while (true)
        {
            ref readonly Node node = ref frozen[index];
            if (value.Length - depth < node.LabelLength || !HasLabel(value, depth, node))
            {
                return;
            }
            depth += node.LabelLength;
            for (int i = 0; i < node.EndingCount; i++)
            {
                table.Raise(ending[node.EndingStart + i], state);
            }
            if (node.ChildCount == 0 || depth == value.Length)
            {
                return;
            }
            byte next = backwards ? value[value.Length - 1 - depth] : value[depth];
            int child = childBytes.AsSpan(node.ChildStart, node.ChildCount).IndexOf(next);
            if (child < 0)
            {
                return;
            }
            index = childNodes[node.ChildStart + child];
        }
    }

    private bool HasLabel(ReadOnlySpan<byte> value, int depth, in Node node)
    {
        ReadOnlySpan<byte> label = text.AsSpan(node.LabelStart, node.LabelLength);
        // Labels of a backward trie are stored in reading order of the value, so both directions compare plain bytes.
        return backwards ? value[..(value.Length - depth)].EndsWith(label) : value[depth..].StartsWith(label);
    }

    private Node Fill(
        (byte[] Bytes, int Pattern)[] sorted,
        int low,
        int high,
        int depth,
        List<(byte Byte, int Node)> children,
        Queue<(int Node, int Low, int High, int Depth)> open
    )
    {
        // Sorted texts share what the first and the last share.
        int common = sorted[low].Bytes.AsSpan(depth).CommonPrefixLength(sorted[high - 1].Bytes.AsSpan(depth));
        int labelStart = labels.Count;
        IEnumerable<byte> label = sorted[low].Bytes.Skip(depth).Take(common);
        labels.AddRange(backwards ? label.Reverse() : label);
        depth += common;
        int endingStart = patterns.Count;
        while (low < high && sorted[low].Bytes.Length == depth)
        {
            patterns.Add(sorted[low++].Pattern);
        }
        int endingCount = patterns.Count - endingStart;
        int childStart = children.Count;
        while (low < high)
        {
            int end = low + 1;
            while (end < high && sorted[end].Bytes[depth] == sorted[low].Bytes[depth])
            {
                end++;
            }
            children.Add((sorted[low].Bytes[depth], nodes.Count));
            open.Enqueue((nodes.Count, low, end, depth));
            nodes.Add(default);
            low = end;
        }
        return new Node(labelStart, common, endingStart, endingCount, childStart, children.Count - childStart);
    }

    private readonly record struct Node(
        int LabelStart,
        int LabelLength,
        int EndingStart,
        int EndingCount,
        int ChildStart,
        int ChildCount
    );
}
