using System.Globalization;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>Notes when certificates of the set end, and warns before they do.</summary>
internal static class Expiry
{
    public static SetFindings Note(IReadOnlyList<NodeFiles> nodes, DateTimeOffset now, SetFindings found)
    {
        foreach (NodeFiles node in nodes)
        {
            foreach (CertificateFact certificate in node.Facts.Certificates)
            {
                string what = $"{node.Node}: {certificate.Path} ({certificate.Subject})";
                string date = certificate.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                found.Expires(certificate.NotAfter, what);
                if (certificate.NotAfter <= now)
                {
                    found.Warning($"{what} ended on {date}; renew it before etcd or an API server is started with it.");
                }
                else if (certificate.NotAfter - now <= RecoverySetRule.ExpiryWarning)
                {
                    found.Warning($"{what} ends on {date}.");
                }
            }
        }

        return found;
    }
}
