namespace Custodiet.Api;

/// <summary>What proxies say about the caller counts as <c>trusted_proxies</c> says, and in no other way.</summary>
internal static class Forwarding
{
    /// <summary>Takes out what the framework adds when ASPNETCORE_FORWARDEDHEADERS_ENABLED is set: it would believe anybody.</summary>
    public static void Ignore(IServiceCollection services)
    {
        foreach (
            ServiceDescriptor filter in services
                .Where(s =>
                    s.ServiceType == typeof(IStartupFilter)
                    && s.ImplementationType?.Name.Contains("ForwardedHeaders", StringComparison.Ordinal) == true
                )
                .ToList()
        )
        {
            services.Remove(filter);
        }
    }
}
