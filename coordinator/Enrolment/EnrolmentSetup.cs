using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
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
        services.AddSingleton(p => CertificateAuthority.OpenOrCreate(
            Path.Combine(options.State, "ca"), options.Cluster, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new TrustedAuthorities(
            new X509Certificate2Collection(p.GetRequiredService<CertificateAuthority>().Certificate), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ServerCertificate(
            p.GetRequiredService<CertificateAuthority>(),
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
            p.GetRequiredService<CertificateAuthority>(),
            p.GetRequiredService<JoinTokenStore>(),
            p.GetService<ServiceAccountTokens>(),
            p.GetRequiredService<NodeRegistry>(),
            p.GetRequiredService<RateLimiter>(),
            p.GetRequiredService<ILogger<EnrolmentService>>()));
        return services;
    }
}
