using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>How an event has a field.</summary>
internal enum FieldPresence
{
    Absent,

    /// <summary>One of its values is JSON null.</summary>
    Null,
    Present,
}

/// <summary>Tells absent fields from those that are there.</summary>
internal static class Presence
{
    /// <summary>How the event has the field. A field that holds an object is there, though only the object's members are values.</summary>
    public static FieldPresence Of(Event e, int field, string name, FieldTable fields)
    {
        FieldPresence found = FieldPresence.Absent;
        foreach (ref readonly FieldValue value in e.Fields)
        {
            if (value.Field == field && field != FieldTable.None)
            {
                if (value.Kind == FieldKind.Null)
                {
                    return FieldPresence.Null;
                }
                found = FieldPresence.Present;
            }
            else if (
                found == FieldPresence.Absent
                && value.Field != FieldTable.None
                && IsMember(fields.NameOf(value.Field), name)
            )
            {
                found = FieldPresence.Present;
            }
        }
        return found;
    }

    private static bool IsMember(string member, string name) =>
        member.Length > name.Length && member[name.Length] == '.' && member.StartsWith(name, StringComparison.Ordinal);
}
