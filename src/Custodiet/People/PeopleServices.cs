namespace Custodiet.People;

/// <summary>Sign-in, roles and tokens, as the composition adds them.</summary>
internal static class PeopleServices
{
    /// <summary>Adds sign-in. The composition also adds <c>IAccountStore</c> and <c>TimeProvider</c>.</summary>
    public static IServiceCollection AddCustodietPeople(this IServiceCollection services, PeopleOptions options)
    {
        services.AddSingleton(options);
        return services;
    }
}
