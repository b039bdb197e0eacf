using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Where text formats put the fields they find: the event, under names of the path table, noted for those who ask. Belongs to one reader.</summary>
internal sealed class FieldSink(PathTable paths, SlotValues slots, int fieldsMax)
{
    private Event target = new();
    private int parent = PathTable.Root;

    /// <summary>The event that is filled.</summary>
    public Event Target => target;

    /// <summary>Room in which a format puts a value together from several.</summary>
    public ByteBuffer Joined { get; } = new();

    /// <summary>Whether a field was refused because the event has as many as it may.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Begins to fill an event.</summary>
    /// <param name="item">The event.</param>
    /// <param name="under">The node that names are children of; the root for plain names.</param>
    public void Begin(Event item, int under = PathTable.Root)
    {
        target = item;
        parent = under;
        IsFull = false;
    }

    /// <summary>The node of a name.</summary>
    public int NodeOf(ReadOnlySpan<byte> name) => paths.Child(parent, name);

    /// <summary>Adds a value that is a slice of <see cref="Event.Values"/>.</summary>
    public void Slice(int node, int start, int length)
    {
        if (Note(node))
        {
            target.Alias(node, new FieldValue(node, start, length, FieldKind.Text));
        }
    }

    /// <inheritdoc cref="Slice(int, int, int)"/>
    public void Slice(ReadOnlySpan<byte> name, int start, int length) => Slice(NodeOf(name), start, length);

    /// <summary>Adds a value, copying its bytes.</summary>
    public void Copy(int node, ReadOnlySpan<byte> value)
    {
        if (Note(node))
        {
            target.Add(node, value, FieldKind.Text);
        }
    }

    /// <summary>Adds the value that was written into room reserved in <see cref="Target"/>.</summary>
    public void Commit(int node, int length)
    {
        if (Note(node))
        {
            target.Commit(node, length, FieldKind.Text);
        }
    }

    private bool Note(int node)
    {
        int count = target.Fields.Length;
        if (count >= fieldsMax)
        {
            IsFull = true;
            return false;
        }
        if (paths.SlotOf(node) is >= 0 and var slot)
        {
            slots.Note(slot, count);
        }
        return true;
    }
}
