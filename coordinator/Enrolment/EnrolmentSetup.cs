using System.Threading.RateLimiting;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>Registers the certificate authority, the join tokens and the enrolment service.</summary>
public static class EnrolmentSetup
{
    public static IServiceCollection AddEnrolment(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddRotation(options);
        services.AddSingleton(p => new TrustedAuthorities(() => p.GetRequiredService<AuthorityRing>().Current.Certificates, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ServerCertificate(
            p.GetRequiredService<AuthorityRing>(),
            options.Hosts,
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ServerCertificate>>()));
        services.AddSingleton(p => new JoinTokenStore(Path.Combine(options.State, "tokens"), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RateLimiter>(_ => new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Limits.EnrolmentsPerMinute,
            TokensPerPeriod = options.Limits.EnrolmentsPerMinute,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            QueueLimit = 0,
        }));
        services.AddSingleton(p => new EnrolmentService(
            p.GetRequiredService<AuthorityRing>(),
            p.GetRequiredService<JoinTokenStore>(),
            p.GetService<ServiceAccountTokens>(),
            p.GetRequiredService<NodeRegistry>(),
            p.GetRequiredService<RateLimiter>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<ILogger<EnrolmentService>>()));
        return services;
    }
}
