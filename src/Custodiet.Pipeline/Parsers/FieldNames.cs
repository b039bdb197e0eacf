using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Dotted names to field numbers, parser by parser, worked out once for each name. Belongs to one reader.</summary>
internal sealed class FieldNames
{
    private const int Unknown = -2;
    private const int Nameless = -1;

    private readonly PathTable paths;
    private readonly FieldTable table;
    private readonly Map[] maps;
    private (int Index, int Field)[] pending = new (int, int)[16];

    /// <summary>Creates the maps of all parsers, and one for events that no parser recognises.</summary>
    public FieldNames(BoundParsers parsers, PathTable paths)
    {
        this.paths = paths;
        table = parsers.Tables.Fields;
        maps = [.. Enumerable.Range(0, parsers.Parsers.Length + 1).Select(_ => new Map())];
    }

    /// <summary>Values whose name found no room.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Forgets all names, because the path table did.</summary>
    public void Reset()
    {
        foreach (Map map in maps)
        {
            Array.Fill(map.Fields, Unknown);
        }
    }

    /// <summary>Gives every value its field; values without one are left out.</summary>
    public void Apply(int parser, FieldNaming naming, Event target)
    {
        Map map = maps[parser];
        if (map.Fields.Length < paths.Count)
        {
            map.Grow(paths.Count);
        }
        Span<FieldValue> values = target.Naming;
        int[] fields = map.Fields;
        int kept = 0;
        int seconds = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int node = values[i].Field;
            int field = fields[node];
            if (field == Unknown)
            {
                field = Name(map, naming, node);
            }
            if (field == Nameless)
            {
                LeftOut += map.Dropped[node] ? 0 : 1;
                continue;
            }
            if (map.Also[node] is { } also)
            {
                foreach (int second in also)
                {
                    AddPending(seconds++, kept, second);
                }
            }
            values[kept++] = values[i] with { Field = field };
        }
        if (kept < values.Length)
        {
            target.KeepFields(kept);
        }
        for (int i = 0; i < seconds; i++)
        {
            target.Alias(pending[i].Field, target.Fields[pending[i].Index]);
        }
    }

    /// <summary>Adds Sigma's generic names to an event that has them under the vendor's.</summary>
    public static void AddAliases((int From, int To)[] aliases, Event target)
    {
        int count = target.Fields.Length;
        for (int i = 0; i < count; i++)
        {
            FieldValue value = target.Fields[i];
            foreach ((int from, int to) in aliases)
            {
                if (value.Field == from)
                {
                    target.Alias(to, value);
                }
            }
        }
    }

    private void AddPending(int place, int index, int field)
    {
        if (place == pending.Length)
        {
            Array.Resize(ref pending, place * 2);
        }
        pending[place] = (index, field);
    }

    private int Name(Map map, FieldNaming naming, int node)
    {
        int field = Nameless;
        map.Also[node] = null;
        map.Dropped[node] = false;
        if (node is not (PathTable.Root or PathTable.Overflow))
        {
            string? name = naming.NameOf(paths.NameOf(node));
            map.Dropped[node] = name is null;
            if (name is not null)
            {
                field = table.Intern(name);
                if (field >= 0 && naming.Also.TryGetValue(name, out IReadOnlyList<string>? also))
                {
                    map.Also[node] = [.. also.Select(table.Intern).Where(second => second >= 0)];
                }
            }
        }
        map.Fields[node] = field;
        return field;
    }

    private sealed class Map
    {
        public int[] Fields { get; private set; } = [];

        public int[]?[] Also { get; private set; } = [];

        public bool[] Dropped { get; private set; } = [];

        public void Grow(int count)
        {
            int old = Fields.Length;
            int size = Math.Max(count, Math.Max(1024, old * 2));
            int[] fields = new int[size];
            int[]?[] also = new int[]?[size];
            bool[] dropped = new bool[size];
            Fields.CopyTo(fields, 0);
            Also.CopyTo(also, 0);
            Dropped.CopyTo(dropped, 0);
            fields.AsSpan(old).Fill(Unknown);
            Fields = fields;
            Also = also;
            Dropped = dropped;
        }
    }
}
