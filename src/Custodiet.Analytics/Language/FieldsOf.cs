namespace Custodiet.Analytics.Language;

/// <summary>Which fields an expression reads.</summary>
internal static class FieldsOf
{
    public static IReadOnlyList<string> Expression(Expression expression)
    {
        List<string> fields = [];
        foreach (Test test in Tests(expression))
        {
            Add(test.Field);
            Add((test as FieldReferenceTest)?.Other);
        }
        return fields;

        void Add(string? field)
        {
            if (field is not null && !fields.Contains(field))
            {
                fields.Add(field);
            }
        }
    }

    public static bool HasKeywords(Expression expression) => Tests(expression).Any(t => t.Field is null);

    public static IEnumerable<Test> Tests(Expression expression) =>
        expression switch
        {
            AllOf all => all.Parts.SelectMany(Tests),
            AnyOf any => any.Parts.SelectMany(Tests),
            Not not => Tests(not.Part),
            Named named => Tests(named.Part),
            Item item => Tests(item.Meaning),
            Leaf leaf => [leaf.Test],
            _ => throw new InvalidOperationException($"No such expression: {expression.GetType().Name}."),
        };
}
