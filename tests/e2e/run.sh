#!/usr/bin/env bash
# End to end in a real cluster: installs what the chart renders, backs a pod's volume up by a plan, deletes a file in it, gets it back, and
# puts another authority in the place of the one everybody is known by.
# Nothing outside its own namespace is touched but the CRDs, which stay.
#
# It needs:
#   E2E_KUBECONFIG      kubeconfig of a cluster that may be played with
#   E2E_IMAGES          where the cluster gets the images from that ./dev image made, such as images.example/k8sbackup
#   E2E_S3_ENDPOINT     a bucket store that this machine and the cluster reach ...
#   E2E_S3_BUCKET       ... an empty bucket in it ...
#   E2E_S3_CREDENTIALS  ... and a file in the form of AWS credentials, with the profile 'default'
# and takes E2E_TAG (the chart's version), E2E_WORKLOAD_IMAGE (busybox:1.36), E2E_KEEP=1 (leave everything in place).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/e2e

fail() { echo "e2e: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }

missing=()
for name in E2E_KUBECONFIG E2E_IMAGES E2E_S3_ENDPOINT E2E_S3_BUCKET E2E_S3_CREDENTIALS; do
  [ -n "${!name:-}" ] || missing+=("$name")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "e2e: not set: ${missing[*]}; the head of $0 says what they are" >&2
  exit 2
fi

export KUBECONFIG=$E2E_KUBECONFIG
PATH=$root/artifacts/tools/helm-4:$PATH
cli=$root/artifacts/programs/K8sBackup.Cli/k8sbackup
for tool in kubectl helm "$cli"; do
  command -v "$tool" >/dev/null || fail "$tool is missing; './dev test' unpacks helm and kubectl, './dev publish' makes k8sbackup"
done

work=$(mktemp -d)
namespace=k8s-backup-e2e-$(date +%s)
patience=${E2E_PATIENCE:-300s}

# What went wrong is in the logs of pods that are about to go.
finish() {
  local status=$?
  set +e
  [ -z "${forward:-}" ] || kill "$forward" 2>/dev/null
  if [ $status -ne 0 ]; then
    say "failed; what the namespace says"
    kubectl --namespace "$namespace" get pods,backupplans,backups,restores,events --output wide
    kubectl --namespace "$namespace" describe backups,restores
    kubectl --namespace "$namespace" logs --selector app.kubernetes.io/name=k8s-backup-agent --all-containers --prefix --tail 100
  fi
  if [ -z "${E2E_KEEP:-}" ]; then
    # The custom resources first, while there is a coordinator that lets go of them.
    kubectl --namespace "$namespace" delete restores,backups,backupplans --all --wait --timeout 60s
    [ ! -s "$work/objects.yaml" ] || kubectl delete --ignore-not-found --wait=false --filename "$work/objects.yaml"
    kubectl delete namespace "$namespace" --wait=false
  fi
  rm -rf "$work"
  exit $status
}
trap finish EXIT

fill() { sed -e "s|NAMESPACE|$namespace|g" -e "s|IMAGE|${E2E_WORKLOAD_IMAGE:-busybox:1.36}|g" "$here/$1"; }
kube() { kubectl --namespace "$namespace" "$@"; }

say "repository, key and authority, made outside the cluster"
"$cli" init --cluster e2e --state "$work/init" --operator-dir "$work/operator" --host localhost --recovery-out "$work/recovery.txt" \
  --store "s3://$E2E_S3_BUCKET/$namespace" --endpoint "$E2E_S3_ENDPOINT" --credentials-file "$E2E_S3_CREDENTIALS"

say "namespace $namespace, Secrets and CRDs"
kubectl create namespace "$namespace"
kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=privileged
kube create secret generic k8s-backup-repository-key --from-file=repository.key="$work/init/repository.key"
kube create secret generic k8s-backup-authority --from-file="$work/init/ca"
kube create secret generic k8s-backup-store --from-file=credentials="$E2E_S3_CREDENTIALS"
kubectl apply --server-side --force-conflicts --filename "$root/charts/k8s-backup-agent/crds"
kubectl wait --for=condition=Established --timeout "$patience" --filename "$root/charts/k8s-backup-agent/crds"

say "the chart's objects"
settings=(
  cluster=e2e
  store.s3.bucket="$E2E_S3_BUCKET"
  store.s3.prefix="$namespace"
  store.s3.endpoint="$E2E_S3_ENDPOINT"
  store.s3.credentials.existingSecret=k8s-backup-store
  images.coordinator.repository="$E2E_IMAGES/coordinator"
  images.agent.repository="$E2E_IMAGES/agent"
  images.coordinator.tag="${E2E_TAG:-}"
  images.agent.tag="${E2E_TAG:-}"
)
helm template k8s-backup "$root/charts/k8s-backup-agent" --namespace "$namespace" --set "$(IFS=,; echo "${settings[*]}")" >"$work/objects.yaml"
# The strictest check of a chart there is: the API server's own.
kubectl apply --server-side --dry-run=server --validate=strict --filename "$work/objects.yaml"
kubectl apply --server-side --filename "$work/objects.yaml"
kube rollout status --timeout "$patience" deployment/k8s-backup-coordinator
for agents in control-plane worker; do
  kube rollout status --timeout "$patience" "daemonset/k8s-backup-agent-$agents"
done

say "the coordinator, through a forwarded port, and the agents that have enrolled with it"
deadline=$((SECONDS + ${patience%s}))
until [ -n "$(kube get pods --selector k8sbackup.dev/leads --output name)" ]; do
  [ $SECONDS -lt $deadline ] || fail "no replica of the coordinator leads"
  sleep 1
done
# kubectl itself and not the function, whose shell would be what is stopped at the end.
kubectl --namespace "$namespace" port-forward service/k8s-backup-coordinator 7443:7443 >"$work/forward.log" &
forward=$!
backup() { "$cli" --config "$work/operator/config.yaml" "$@"; }
nodes=$(kubectl get nodes --output name | wc -l)
until [ "$(backup nodes --output json 2>/dev/null | grep -c '"connected": *true')" = "$nodes" ]; do
  kill -0 "$forward" 2>/dev/null || fail "the coordinator's port cannot be forwarded"
  [ $SECONDS -lt $deadline ] || { backup nodes; fail "not every node has an agent that is connected"; }
  sleep 1
done
backup nodes

say "a pod with something to lose"
fill workload.yaml | kubectl apply --filename -
kube wait --for=condition=Ready --timeout "$patience" pod/e2e-workload

say "a plan that makes no sense is refused, by its field"
if refusal=$(kube create --dry-run=server --filename - 2>&1 <<'PLAN'
{apiVersion: k8sbackup.dev/v1alpha1, kind: BackupPlan, metadata: {name: e2e-bad}, spec: {sources: [{etcd: {}, controlPlane: {}}]}}
PLAN
); then
  fail "a plan with a source that is two was taken"
fi
case $refusal in *'spec.sources[0]'*) ;; *) fail "the refusal names no field: $refusal" ;; esac

say "a plan, and a Backup of it"
fill plan.yaml | kubectl apply --filename -
kube wait --for='jsonpath={.status.phase}=Completed' --timeout "$patience" backup/e2e-1
kube get backupplans,backups

say "the file is deleted, and comes back into the running pod"
kube exec e2e-workload -- rm -r /data/precious
deleted=$SECONDS
fill restore.yaml | kubectl apply --filename -
kube wait --for='jsonpath={.status.phase}=Completed' --timeout "$patience" restore/e2e-1
echo "back after $((SECONDS - deleted)) s, in $(kube get restore e2e-1 --output 'jsonpath={.status.into.pod}')"
[ "$(kube get restore e2e-1 --output 'jsonpath={.status.into.pod}')" = e2e-workload ] || fail "the restore does not say which pod it went into"
[ "$(kube exec e2e-workload -- cat /data/precious/file)" = "something to lose" ] || fail "the file is not what it was"
[ "$(kube exec e2e-workload -- cat /data/other)" = unharmed ] || fail "a file that was not to be restored has changed"

say "another authority takes the place of the one that is: every node renews, and backups go on"
backup authority rotate
deadline=$((SECONDS + ${patience%s}))
until [ "$(backup authority show --output json | grep -cE '"waiting": *0(,|}|$)')" = 1 ]; do
  [ $SECONDS -lt $deadline ] || { backup authority show; fail "not every node has renewed its certificate"; }
  sleep 1
done
backup authority finish
[ "$(kube get configmap k8s-backup-ca --output 'jsonpath={.data.ca\.crt}' | grep -c 'BEGIN CERTIFICATE')" = 1 ] || fail "the former authority is still published"
kube create --filename - <<'BACKUP'
{apiVersion: k8sbackup.dev/v1alpha1, kind: Backup, metadata: {name: e2e-2}, spec: {planRef: {name: e2e}}}
BACKUP
kube wait --for='jsonpath={.status.phase}=Completed' --timeout "$patience" backup/e2e-2

say "the repository is checked with all of its data"
backup check --read-data=100

say "and the bucket opens without the cluster"
"$cli" rescue points --store "s3://$E2E_S3_BUCKET/$namespace" --endpoint "$E2E_S3_ENDPOINT" --credentials-file "$E2E_S3_CREDENTIALS" --key-file "$work/init/repository.key"

say "done"
